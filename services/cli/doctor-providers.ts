/** What `doctor` finds of the providers that people may sign in with. */
import { callbackOf } from '../token/sign-in/elsewhere/identity-provider.ts';
import { createOpenIdProvider } from '../token/sign-in/elsewhere/openid-provider.ts';
import { check, type Finding } from './finding.ts';
import { issuerOf, type Settings } from './settings-of.ts';

const PATIENCE_SECONDS = 3;
/** Nobody is sent there. */
const NOBODYS = { state: 'a', nonce: 'a', verifier: 'a'.repeat(43) };

/** Whether each answers and is the issuer that it should be, and what has to be registered there. */
export function providerFindings(settings: Settings): Promise<Finding[]> {
  const { HALLPASS_IDENTITY_PROVIDERS: providers = [] } = settings;
  return Promise.all(
    providers.map((provider) => {
      const callback = callbackOf(issuerOf(settings), provider);
      return check(`identity provider ${provider.id}`, async () => {
        const asked = createOpenIdProvider(provider, callback, PATIENCE_SECONDS).begin(NOBODYS, {});
        const location = await asked.catch(({ message }: Error) => {
          throw new Error(`${provider.issuer}: ${message}`);
        });
        return `sends people to ${new URL(location).origin}, and back to ${callback}`;
      });
    }),
  );
}
