/** What is refused here, as the library's own errors, which it answers with as with those that it makes itself. */
import { asDescription } from './advice.ts';
import type { Fail } from './flow-hooks.ts';

type Refusing = new (description: string) => Error;

/** The library's errors, as far as they are thrown here. */
export interface LibraryErrors {
  InvalidRequest: Refusing;
  AccessDenied: Refusing;
  InvalidTarget: Refusing;
  InvalidAuthorizationDetails: Refusing;
  InvalidScope: new (description: string, scope: string) => Error;
}

export function failing(errors: LibraryErrors): Fail {
  return (error, refused, scope = '') => {
    const description = asDescription(refused);
    if (error === 'invalid_request') return new errors.InvalidRequest(description);
    if (error === 'access_denied') return new errors.AccessDenied(description);
    if (error === 'invalid_target') return new errors.InvalidTarget(description);
    if (error === 'invalid_authorization_details') return new errors.InvalidAuthorizationDetails(description);
    return new errors.InvalidScope(description, scope);
  };
}
