import type { PoolClient, QueryResult } from 'pg';

/** Most statements that are kept prepared; texts of varying shape beyond it are planned each time. */
const maxStatements = 200;

/** The server's word for a prepared statement whose tables were changed by a migration meanwhile. */
const planOutdated = '0A000';

function isOutdated(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === planOutdated;
}

type Query = (...args: readonly unknown[]) => Promise<QueryResult>;

/**
 * Lets connections keep their statements prepared, so that a repeated one is parsed and planned once: most of our
 * statements take less time than their planning. Texts are the keys; every connection prepares for itself.
 */
export class PreparedStatements {
  readonly #names = new Map<string, string>();
  #enabled = true;

  /** From now on statements with parameters are prepared on this connection. */
  adopt(client: PoolClient): void {
    const plain: Query = client.query.bind(client);
    const query: Query = async (text, values, ...rest) => {
      const name = this.#nameOf(text, values);
      if (name === undefined || rest.length > 0) return plain(text, values, ...rest);
      try {
        return await plain({ name, text, values });
      } catch (error) {
        if (isOutdated(error)) this.#enabled = false;
        throw error;
      }
    };
    Object.assign(client, { query });
  }

  #nameOf(text: unknown, values: unknown): string | undefined {
    if (!this.#enabled || typeof text !== 'string' || !Array.isArray(values)) return undefined;
    if (values.length === 0) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= maxStatements) return known;
    const name = `s${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}
