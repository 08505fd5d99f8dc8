/** What a check came to. */

export interface Finding {
  check: string;
  ok: boolean;
  finding: string;
}

/** @param work resolves to what is well, and throws what is wrong. */
export async function check(name: string, work: () => Promise<string>): Promise<Finding> {
  try {
    return { check: name, ok: true, finding: await work() };
  } catch (error) {
    const { message, cause } = error as Error;
    return { check: name, ok: false, finding: cause instanceof Error ? `${message}: ${cause.message}` : message };
  }
}
