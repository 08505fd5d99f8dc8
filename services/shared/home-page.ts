/** A client's home page: a link in the sight of somebody who is signed in. */

const MAX_LENGTH = 2000;

/** It becomes a link on a page: a `javascript:` there would run as ours. @throws Error with a sentence that begins "should" */
export function readHomePage(text: string): string {
  const url = /^[!-~]+$/.test(text) && text.length <= MAX_LENGTH ? URL.parse(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    const shown = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
    throw new Error(`should be an http or https URL like https://tool.example.org, not ${shown}`);
  }
  return url.href;
}
