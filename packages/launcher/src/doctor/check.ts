/** What a check found. `warn`: it works, with a limit; `fail`: it does not, and `fix` says what to do. */
export interface Check {
  readonly name: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly fix?: string;
}

export const ok = (name: string, detail: string): Check => ({ name, result: 'ok', detail });

export const warn = (name: string, detail: string, fix?: string): Check => ({
  name,
  result: 'warn',
  detail,
  ...(fix !== undefined && { fix }),
});

export const fail = (name: string, detail: string, fix: string): Check => ({
  name,
  result: 'fail',
  detail,
  fix,
});
