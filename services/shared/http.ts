/**
 * What is used of node:http. An import of it takes all that it exports, also what it would only load when asked for: fetch
 * and WebSocket, which no service needs, and which take 14 MB and a tenth of a second.
 */
export const { Agent, createServer, ServerResponse, STATUS_CODES, maxHeaderSize } =
  process.getBuiltinModule('node:http');
