import { canonicalModel, isCloudModel } from '@cynodeai/contracts/model';
import type { ModelBackend } from '../../ports/inference.ts';
import type { JobModels } from '../../ports/relay.ts';

/** Pause between two looks at the service, ms: a job asks as often as it likes. */
const lookAgainMs = 5000;
/** A list of this age is read anew, ms. */
const staleMs = 60_000;
const lookLimitMs = 10_000;

/**
 * The models on the node's disk are open to its jobs. See docs/reference/sandbox.md#relay.
 * @param backend the service that answers now
 */
export function jobModels(backend: () => Pick<ModelBackend, 'inventory'> | undefined): JobModels {
  let refs: ReadonlySet<string> = new Set();
  let looked = { at: Number.NEGATIVE_INFINITY, done: Promise.resolve() };
  const read = async (): Promise<void> => {
    const found = backend()?.inventory(AbortSignal.timeout(lookLimitMs));
    // A service that gives no list now has what it had.
    const models = await found?.catch(() => undefined);
    if (found === undefined || models !== undefined) refs = new Set(models?.map(({ ref }) => ref));
  };
  const look = (): Promise<void> => {
    const at = performance.now();
    if (at - looked.at >= lookAgainMs) looked = { at, done: read() };
    return looked.done;
  };
  return {
    find: async (model) => {
      const ref = canonicalModel(model);
      if (isCloudModel(ref)) return undefined;
      if (!refs.has(ref) || performance.now() - looked.at > staleMs) await look();
      return refs.has(ref) ? ref : undefined;
    },
  };
}
