/** What oidc-provider's models lack: fields of ours, and a look at what is true now. */

/** Which fields a model keeps, the library says itself; it keeps no others. */
export function keepAlso(model: object, ...names: string[]): void {
  const { IN_PAYLOAD } = model as { IN_PAYLOAD: string[] };
  Object.defineProperty(model, 'IN_PAYLOAD', { value: [...IN_PAYLOAD, ...names] });
}

/** @param first what ends with a session that is ended. */
export function beforeItIsDestroyed<Model>(model: object, first: (one: Model) => Promise<void>): void {
  const { prototype } = model as { prototype: { destroy: () => Promise<void> } };
  const { destroy } = prototype;
  Object.assign(prototype, {
    async destroy(this: Model): Promise<void> {
      await first(this);
      await destroy.call(this);
    },
  });
}

interface Token {
  scope?: string;
  save: (this: Token) => Promise<string>;
}

/**
 * What is said of a token is what is true of it when it is issued, however long ago it was agreed to.
 *
 * @param now what is left of the scopes; throws where that is nothing.
 */
export function narrowWhenSaved(model: object, now: (scope: string | undefined) => string): void {
  const { prototype } = model as { prototype: Token };
  const { save } = prototype;
  Object.assign(prototype, {
    save(this: Token): Promise<string> {
      this.scope = now(this.scope);
      return save.call(this);
    },
  });
}
