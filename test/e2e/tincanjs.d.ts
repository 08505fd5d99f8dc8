/** The parts of TinCanJS that the tests call; it has no types of its own. */
declare module 'tincanjs' {
  type Callback<T> = (error: unknown, result: T) => void;
  interface StatementsResult {
    statements: { id: string }[];
    more: string;
  }
  interface Statement {
    id: string;
  }
  interface LRS {
    saveStatement(statement: Statement, options: { callback: Callback<unknown> }): void;
    saveStatements(statements: Statement[], options: { callback: Callback<unknown> }): void;
    queryStatements(options: { params: object; callback: Callback<StatementsResult> }): void;
    moreStatements(options: { url: string; callback: Callback<StatementsResult> }): void;
  }
  const TinCan: {
    LRS: new (configuration: { endpoint: string; auth: string; version: string; allowFail: boolean }) => LRS;
    Statement: new (statement: object) => Statement;
  };
  export = TinCan;
}
