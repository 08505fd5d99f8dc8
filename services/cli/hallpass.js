#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
/**
 * Starts the command with what Node made of its sources at an earlier start: to take the types off again and to compile
 * again takes most of the time until a service listens, and 25 MB for as long as it runs. JavaScript, since the reader of
 * TypeScript is what is not to be loaded.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/* Beside the code and of the same owner: what is in it is run, so nobody else may write there, as they could in /tmp. */
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/hallpass', import.meta.url)));
await import('./main.ts');
