/** `help`, and what is said when a command is used wrongly. */
export const USAGE = `hallpass: OAuth 2 in front of any xAPI Learning Record Store

  hallpass all                     everything in one process, in front of the sample LRS unless HALLPASS_LRS_URL is set
  hallpass token                   the token service, as a process of its own
  hallpass gateway                 the gateway, as a process of its own
  hallpass sample-lrs              the sample LRS alone (memory only; not for production)

  hallpass client create --name N --scope "a b" [--id ID] [--description D] [--org O] [--grant-type G]…
                         [--default-scope "a b"] [--strict] [--token-seconds S] [--max-token-seconds S] [--secret-stdin]
                         [--access-token-format opaque|jwt] [--dpop]
                         [--auth-method client_secret_basic|private_key_jwt|self_signed_tls_client_auth]
                         [--jwks-file FILE|-] [--certificate-file FILE|-] [--mtls-bound]
                         [--authority JSON] [--restriction JSON]… [--enforce-define] [--allowed-origin URL]…
                         [--lrs-username U --lrs-password-stdin]
                         [--allow own-statements|full-read|shared-events]… [--scim-configuration ID] [--label L]…
                         [--oauth1|--oauth1-secret-stdin] [--oauth1-rsa-key-file FILE]
                         [--redirect-uri U]… [--public] [--no-pkce] [--par] [--client-uri URL] [--owner O]
                         [--post-logout-redirect-uri U]… [--backchannel-logout-uri U [--backchannel-logout-session]]
  hallpass client list
  hallpass client show ID
  hallpass client update ID [any of the above] [--active|--inactive] [--no-strict] [--no-authority] [--no-restrictions]
                         [--no-enforce-define] [--any-origin] [--no-lrs-credential] [--no-redirect-uris] [--pkce] [--no-par]
                         [--no-client-uri] [--no-owner] [--no-post-logout-redirect-uris] [--no-backchannel-logout-uri]
                         [--disallow own-statements|full-read|shared-events]… [--no-scim-configuration] [--no-labels]
                         [--no-backchannel-logout-session] [--no-dpop] [--no-mtls-bound] [--verified] [--no-registration-access]
                         [--no-oauth1]
  hallpass client rotate ID [--overlap-seconds S]     a new secret; the old one works until the overlap ends (one day)
  hallpass client regenerate ID                       a new secret; the old one and all its tokens end at once
  hallpass client generate-token ID                   a bearer token without an end, in place of asking for tokens
  hallpass client regenerate-oauth1 ID                another secret for OAuth 1; the old one and all its tokens end at once
  hallpass client regenerate-token ID                 another one; the one before ends at once
  hallpass client remove-token ID
  hallpass client delete ID
  hallpass client … --as ID|E                         only what that administrator may do, by their labels

  hallpass registration-token create --scope "a b" [--org O] [--grant-type G]… [--expires-seconds S] [--uses N]
                                   lets somebody register a client (one, within a day) at /oauth2/register; shown once
  hallpass registration-token list                  those that are good still; not the tokens themselves
  hallpass registration-token revoke ID

  hallpass user create --email E --name N --permissions "a b" --password-stdin [--username U] [--org O] [--locale L]
  hallpass user list
  hallpass user show ID|E
  hallpass user update ID|E [--name N] [--email E] [--permissions "a b"] [--username U] [--locale L] [--active|--inactive]
                         [--admin-label L]… [--admin-all] [--no-admin]    the clients it administers
  hallpass user password ID|E --password-stdin        a new password; the old one, sessions and tokens end at once
  hallpass user link ID|E --issuer URL --subject SUB      who it is at another identity provider, to sign in from there
  hallpass user unlink ID|E --issuer URL --subject SUB    no more; its sessions and tokens end at once
  hallpass user delete ID|E

  hallpass org create ID --name N --lrs-url URL [--lrs-auth basic|jwt|headers] [--lrs-username U --lrs-password-stdin]
                         [--lrs-authority kept|per-credential|shared] [--lrs-authority-template JSON]
                         [--lrs-jwt-profile generic|lrsql|ralph] [--lrs-audience A] [--lrs-scope-prefix P]
                         [--lrs-version 1.0.3|2.0.0] [--isolate-state]
  hallpass org list
  hallpass org show ID
  hallpass org update ID [any of the above; "" takes it back] [--no-isolate-state]
  hallpass org delete ID           where it has no clients and no users

  hallpass keys list               those that sign, will sign, and did
  hallpass keys rotate [--after-seconds S]     new keys: published at once, signing after S (15 minutes); nothing fails
  hallpass keys retire --kid=KID   one that is compromised: gone at once, with all that it signed

  hallpass settings                every setting, from the environment (HALLPASS_…)
  hallpass scopes                  every scope and what it permits
  hallpass audit [--days D]        what was changed by these commands, when and by whom; of 30 days, of 400 at most
  hallpass doctor                  checks store, keys, clock, token service, clients and the LRS of every organization

All that print data take --json. Secrets are printed once, when they are made; passwords are read from standard
input (--…-stdin, one at a time) and never printed.
Exit status: 0 done, 1 failed, 2 used wrongly or a setting is wrong.`;
