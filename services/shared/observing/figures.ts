/** Every figure there is, as data. The README's table is made from it. No label is anything that a caller could make up. */

export interface FigureDoc {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
  /** What the processes of one service together come to. */
  together?: 'sum' | 'min' | 'first';
}

export const FIGURES = {
  hallpass_http_requests_total: {
    type: 'counter',
    help: 'Calls that have ended, by what was asked and how it was answered',
    labels: ['service', 'resource', 'method', 'status'],
  },
  hallpass_http_request_duration_seconds: {
    type: 'histogram',
    help: 'From the head of a call to the end of its answer',
    labels: ['service', 'resource', 'method'],
  },
  hallpass_http_requests_in_progress: {
    type: 'gauge',
    help: 'Calls that have begun and not ended',
    labels: ['service'],
  },
  hallpass_http_received_bytes_total: {
    type: 'counter',
    help: 'What calls brought, heads included',
    labels: ['service', 'resource'],
  },
  hallpass_http_sent_bytes_total: {
    type: 'counter',
    help: 'What was answered, heads included',
    labels: ['service', 'resource'],
  },
  hallpass_refusals_total: {
    type: 'counter',
    help: 'Calls that were refused, by the error code of the answer',
    labels: ['service', 'reason'],
  },
  hallpass_http_broken_off_total: {
    type: 'counter',
    help: 'Calls whose connection ended, from either side, with the answer under way',
    labels: ['service'],
  },
  hallpass_http_unreadable_total: {
    type: 'counter',
    help: 'What came in place of a request: no HTTP, or no end of a head in time',
    labels: ['service'],
  },
  hallpass_upstream_answers_total: {
    type: 'counter',
    help: 'What asking the LRS came to: 2xx to 5xx, timeout, error, or departed (the caller went first)',
    labels: ['outcome'],
  },
  hallpass_upstream_duration_seconds: {
    type: 'histogram',
    help: 'From asking the LRS to the head of its answer',
    labels: [],
  },
  hallpass_record_reads_total: {
    type: 'counter',
    help: 'Records that were needed, by where they were found: cache or store',
    labels: ['service', 'kind', 'from'],
  },
  hallpass_withdrawals_total: {
    type: 'counter',
    help: 'Withdrawals heard of: revoked tokens, changed registrations',
    labels: ['service'],
  },
  hallpass_withdrawals_followed: {
    type: 'gauge',
    help: '1 while withdrawals are heard, or nothing is cached; 0: every call reads the store',
    labels: ['service'],
    together: 'min',
  },
  hallpass_store_errors_total: {
    type: 'counter',
    help: 'Times that the store could not tell, or could not be told',
    labels: [],
  },
  hallpass_tokens_issued_total: {
    type: 'counter',
    help: 'Access tokens issued at the token endpoint, by grant type',
    labels: ['grant_type'],
  },
  hallpass_token_errors_total: {
    type: 'counter',
    help: 'What was refused at the endpoints of OAuth, by error code',
    labels: ['error'],
  },
  hallpass_log_lines_lost_total: {
    type: 'counter',
    help: 'Log lines that were not written because nobody had read those before',
    labels: [],
  },
  hallpass_build_info: {
    type: 'gauge',
    help: '1; the versions of hallpass and of Node',
    labels: ['version', 'node'],
    together: 'first',
  },
} as const satisfies Record<string, FigureDoc>;

export type FigureName = keyof typeof FIGURES;

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram. */
  readonly part?: 'bucket' | 'sum' | 'count';
}

/** What a part of a service tells of itself when it is asked. Until then it keeps plain numbers. */
export type Figures = { readonly [Name in FigureName]?: () => readonly Sample[] };

export interface Metrics {
  add(figures: Figures): void;
}
