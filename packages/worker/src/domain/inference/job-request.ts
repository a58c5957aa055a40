import { parseDurationMs } from '@cynodeai/runtime/std';

type Body = Readonly<Record<string, unknown>>;

const between =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    typeof value === 'number' && value >= min && value <= max;

const whole =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && between(min, max)(value);

const isStop = (value: unknown): boolean =>
  typeof value === 'string' ||
  (Array.isArray(value) && value.length <= 16 && value.every((one) => typeof one === 'string'));

/** What a job may say of how its text is made. Threads, layers on a GPU, batches and memory are the node's matter. */
const options: Readonly<Record<string, (value: unknown) => boolean>> = {
  frequency_penalty: between(-2, 2),
  min_p: between(0, 1),
  num_ctx: whole(1, 32_768),
  num_keep: whole(0, 32_768),
  num_predict: whole(1, 32_768),
  penalize_newline: (value) => typeof value === 'boolean',
  presence_penalty: between(-2, 2),
  repeat_last_n: whole(-1, 32_768),
  repeat_penalty: between(0, 2),
  seed: whole(-1, 2 ** 32 - 1),
  stop: isStop,
  temperature: between(0, 2),
  top_k: whole(0, 1000),
  top_p: between(0, 1),
  typical_p: between(0, 1),
};

/** How long a job may have its model kept in memory, ms; less would throw it out under a neighbour. */
const kept = between(60_000, 600_000);

function isKept(value: unknown): boolean {
  const ms = typeof value === 'string' ? parseDurationMs(value) : value;
  return kept(typeof value === 'number' ? value * 1000 : ms);
}

function allowedOptions(value: unknown): Body {
  const given = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(
    given.filter(([name, one]) => Object.hasOwn(options, name) && options[name]?.(one) === true),
  );
}

/** A model service reads names of fields in any case, and with letters that only fold to ours. */
const folded = (name: string): string => name.toUpperCase().toLowerCase();

/** Fields that are looked at; `name` is an old word for `model`. */
const checked: ReadonlySet<string> = new Set(['model', 'name', 'keep_alive', 'options']);

/** The model a body names; undefined when it names none. */
export function modelIn(body: Body): string | undefined {
  const { model, name } = body;
  const found = model === undefined || model === '' ? name : model;
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/**
 * The body of a job's request with that model and nothing that takes from its neighbours: options and times beyond what
 * a job may use are left out. See docs/reference/sandbox.md#relay.
 */
export function restrictedBody(body: Body, model: string): Body {
  const others = Object.entries(body).filter(([name]) => !checked.has(folded(name)));
  const { keep_alive, options: wanted } = body;
  return {
    ...Object.fromEntries(others),
    model,
    ...(isKept(keep_alive) && { keep_alive }),
    ...(wanted !== undefined && { options: allowedOptions(wanted) }),
  };
}
