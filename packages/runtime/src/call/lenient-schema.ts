import { isOpenEnum } from '@cynodeai/contracts/common';
import { z } from 'zod';
import { isRecord, parseJsonOr } from '../std/index.ts';

/**
 * How an answer is read. `whole`: everything that its schema requires is there. `sparse`: what is there has its type,
 * but anything may be missing or null, texts may have any form, and an object may come as its JSON text, for readers
 * that show what they get. Fields that no schema names are kept.
 */
export type Reading = 'whole' | 'sparse';

/** A value of which anything may be missing. */
export type Sparse<T> = T extends readonly (infer I)[]
  ? Sparse<I>[]
  : T extends object
    ? { [K in keyof T]?: Sparse<T[K]> | undefined }
    : T;

/** A schema's inside: a plain object whose keys depend on its type. */
type Definition = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is z.ZodType => value instanceof z.ZodType;

/** The same schema with another inside. */
function rebuilt(schema: z.ZodType, def: Definition): z.ZodType {
  return z.core.clone(schema, def as unknown as z.core.$ZodTypeDef);
}

function sparseObject(value: unknown): unknown {
  const object = typeof value === 'string' ? parseJsonOr(value, value) : value;
  if (!isRecord(object)) return value;
  return Object.fromEntries(Object.entries(object).filter(([, field]) => field !== null));
}

class Deriver {
  readonly #known = new WeakMap<z.ZodType, z.ZodType>();
  readonly #sparse: boolean;

  constructor(reading: Reading) {
    this.#sparse = reading === 'sparse';
  }

  derive(schema: z.ZodType): z.ZodType {
    const known = this.#known.get(schema);
    if (known !== undefined) return known;
    const made = this.#make(schema);
    this.#known.set(schema, made);
    return made;
  }

  #make(schema: z.ZodType): z.ZodType {
    const def = schema._zod.def as unknown as Definition;
    if (schema instanceof z.ZodLazy) {
      return z.lazy(() => this.derive(schema.unwrap() as z.ZodType));
    }
    if (schema instanceof z.ZodObject) return this.#object(schema, def);
    if (isOpenEnum(schema) || (this.#sparse && def['type'] === 'string')) return z.string();
    return this.#parts(schema, def);
  }

  /**
   * Strict becomes loose; what an object does with unknown fields else stays, unless it is read sparsely: of a union the
   * first member that fits wins then, and all may, so none must lose what only the next one knows.
   */
  #object(schema: z.ZodObject, def: Definition): z.ZodType {
    const strict = schema.def.catchall instanceof z.ZodNever;
    const derived: Record<string, unknown> = { ...def };
    if (strict || this.#sparse) derived['catchall'] = z.unknown();
    if (this.#sparse) derived['checks'] = [];
    // Made when it is first asked for, so that a schema may hold itself.
    Object.defineProperty(derived, 'shape', {
      configurable: true,
      get: () => {
        const fields = Object.entries(schema.shape).map(([name, field]) => [
          name,
          this.#sparse
            ? this.derive(field as z.ZodType).optional()
            : this.derive(field as z.ZodType),
        ]);
        const value: unknown = Object.fromEntries(fields);
        Object.defineProperty(derived, 'shape', { value });
        return value;
      },
    });
    const object = rebuilt(schema, derived);
    return this.#sparse ? z.preprocess(sparseObject, object) : object;
  }

  /** Arrays, options, records, pipes and the like: the same with derived parts; itself when none changes. */
  #parts(schema: z.ZodType, def: Definition): z.ZodType {
    let changed = false;
    const part = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(part);
      if (!isSchema(value)) return value;
      const derived = this.derive(value);
      changed ||= derived !== value;
      return derived;
    };
    const entries = Object.entries(def).map(([name, value]) => [name, part(value)]);
    return changed ? rebuilt(schema, Object.fromEntries(entries)) : schema;
  }
}

const derivers: Readonly<Record<Reading, Deriver>> = {
  whole: new Deriver('whole'),
  sparse: new Deriver('sparse'),
};

/**
 * The schema by which an answer of a newer or older peer is read, derived from the one it is documented by: fields it
 * does not name are no fault anywhere, and are kept where the schema keeps them or forbids them. Members of an `enum`
 * stay closed, because the type that callers rely on is, unless it is an open one.
 */
export function lenientSchema(schema: z.ZodType, reading: Reading = 'whole'): z.ZodType {
  return derivers[reading].derive(schema);
}
