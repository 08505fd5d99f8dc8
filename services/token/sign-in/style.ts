/** The look of the pages: one style sheet in the page itself, which the Content-Security-Policy knows by its hash. */
import { createHash } from 'node:crypto';
import { verbatim } from './html.ts';

/* Each pair of text and ground has a contrast of 4.5:1 at least, each edge of a control 3:1 (WCAG 2.2, 1.4.3 and 1.4.11). */
const STYLE = `
:root { color-scheme: light dark;
  --ground: #eef1f5; --sheet: #ffffff; --text: #1b2430; --quiet: #4a5665; --edge: #6f7b8a; --line: #d5dbe3;
  --action: #17538f; --on-action: #ffffff; --action-over: #0f3f70; --alert: #a4161a; --alert-ground: #fdecec;
  --note: #6b4a00; --note-ground: #fff5dc; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #10151c; --sheet: #1a222d; --text: #e9eef5; --quiet: #b3bfcd; --edge: #8492a3; --line: #35414f;
  --action: #8cc2ff; --on-action: #0b1a2b; --action-over: #b4d7ff; --alert: #ffb3b0; --alert-ground: #3d1b1d;
  --note: #ffdc91; --note-ground: #372b10; } }
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; align-content: center; justify-items: center; gap: .75rem;
  padding: 1.5rem 1rem; background: var(--ground); color: var(--text); overflow-wrap: anywhere; }
header, main { width: 100%; max-width: 30rem; }
header { color: var(--quiet); font-size: .9375rem; padding: 0 .25rem; }
header p { margin: 0; }
main { background: var(--sheet); border: 1px solid var(--line); border-radius: .75rem; padding: 1.75rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; }
main > :last-child { margin-bottom: 0; }
a { color: var(--action); text-underline-offset: .15em; }
a:hover { color: var(--action-over); }
.quiet { color: var(--quiet); }
.facts { margin: 0 0 1rem; padding: 0; list-style: none; color: var(--quiet); }
.notice { border-left: .25rem solid; border-radius: .25rem; padding: .75rem 1rem; }
.alert { color: var(--alert); background: var(--alert-ground); }
.note { color: var(--note); background: var(--note-ground); }
.granted { margin: 1.25rem 0; border-top: 1px solid var(--line); padding-top: 1.25rem; }
.granted ul { margin: 0 0 1rem; padding-left: 1.25rem; }
.granted ul.facts { padding: 0; }
h2 { font-size: 1.125rem; line-height: 1.3; margin: 0 0 .5rem; }
.after { margin: 1.25rem 0 0; }
.code { font-size: 1.75rem; letter-spacing: .1em; text-align: center; }
.who { margin-top: 1.25rem; border-top: 1px solid var(--line); padding-top: 1rem; }
.who p { margin: 0 0 .25rem; }
label { display: block; font-weight: 600; margin: 0 0 .25rem; }
input[type=text], input[type=password] { display: block; width: 100%; min-height: 2.75rem; margin: 0 0 1rem; padding: .5rem .75rem;
  font: inherit; color: inherit; background: var(--sheet); border: 1px solid var(--edge); border-radius: .375rem; }
input[aria-invalid=true] { border: 2px solid var(--alert); }
fieldset { border: 0; margin: 0 0 1rem; padding: 0; min-width: 0; }
legend { padding: 0; font-weight: 600; font-size: 1.0625rem; }
fieldset p { color: var(--quiet); margin: 0 0 .5rem; }
ul.choices { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: .5rem; }
ul.choices li + li { border-top: 1px solid var(--line); }
ul.choices label { display: flex; gap: .75rem; align-items: flex-start; min-height: 2.75rem; margin: 0; padding: .625rem .75rem;
  font-weight: 400; cursor: pointer; }
input[type=checkbox] { flex: none; width: 1.25rem; height: 1.25rem; margin: .125rem 0 0; accent-color: var(--action); }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0 0; }
form + form .actions { margin-top: .75rem; }
button { flex: 1 1 10rem; min-height: 2.75rem; padding: .5rem 1rem; font: inherit; font-weight: 600; border-radius: .375rem; cursor: pointer;
  color: var(--on-action); background: var(--action); border: 2px solid var(--action); }
button:hover { background: var(--action-over); border-color: var(--action-over); }
button.second { color: var(--action); background: transparent; }
button.second:hover { color: var(--action-over); }
:focus-visible { outline: 3px solid var(--action); outline-offset: 2px; }
@media (max-width: 24rem) { body { padding: .75rem .5rem; } main { padding: 1.25rem 1rem; } }
@media (forced-colors: active) { button { border-color: ButtonText; } .notice { border: 1px solid; } }
`;

/** What `style-src` says of it. @see CSP Level 3 §2.3.1 */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

export const STYLE_ELEMENT = verbatim(`<style>${STYLE}</style>`);
