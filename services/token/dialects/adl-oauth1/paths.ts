/** "The following resources" of xAPI 1.0.3 Part 3 §4.2, relative to where the LRS is. */
export const OAUTH1 = {
  initiate: '/xapi/OAuth/initiate',
  authorize: '/xapi/OAuth/authorize',
  token: '/xapi/OAuth/token',
} as const;
