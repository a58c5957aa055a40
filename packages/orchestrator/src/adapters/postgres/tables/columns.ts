import type { ColumnType } from 'kysely';

/** Primary key: the database draws one (`gen_random_uuid()`) when the insert names none. */
export type Id = ColumnType<string, string | undefined, never>;

/** A column with a default in the schema. */
export type Defaulted<T> = ColumnType<T, T | undefined, T>;

/** `created_at` and its like: `now()` unless given, never changed. */
export type CreatedAt = ColumnType<Date, Date | undefined, never>;

/**
 * `updated_at`: `now()` on insert; every update must set it
 * (docs/reference/database.md#conventions).
 */
export type UpdatedAt = ColumnType<Date, Date | undefined, Date>;

/**
 * A `jsonb` column. It is written as JSON text (`JSON.stringify`), because the driver would send an
 * array as a PostgreSQL array and a string unquoted; it is read as the parsed value.
 */
export type Jsonb<T> = ColumnType<T, string, string>;

/** A nullable `jsonb` column: `null` is SQL NULL, the text `'null'` is JSON null. */
export type NullableJsonb<T> = ColumnType<T | null, string | null | undefined, string | null>;

/** `jsonb NOT NULL DEFAULT '{}'`. */
export type DefaultedJsonb<T> = ColumnType<T, string | undefined, string>;

/** `bigint GENERATED ALWAYS AS IDENTITY`: drawn by the database only. */
export type Identity = ColumnType<number, never, never>;

/** A JSON object of no fixed shape. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Outcome of a policy decision. */
export type Decision = 'allow' | 'deny';
