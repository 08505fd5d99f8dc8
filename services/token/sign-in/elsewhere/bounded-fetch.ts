/** Asks another server, and reads no more of its answer than such an answer can have. */

const MAX_ANSWER_BYTES = 1_000_000;

interface Asked {
  method: string;
  headers: Record<string, string>;
  body?: RequestInit['body'];
  redirect: 'manual';
  signal?: AbortSignal | undefined;
}

/** @param asked its signal ends the reading too. @throws Error where the answer is too large; it is not read to its end. */
export async function boundedFetch(url: string, { signal, body, ...asked }: Asked): Promise<Response> {
  const answer = await fetch(url, { ...asked, body: body ?? null, signal: signal ?? null });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  const { status, headers } = answer;
  return new Response(size === 0 ? null : Buffer.concat(chunks), { status, headers });
}
