import {
  completionCapability,
  guessedCapabilities,
  isCloudModel,
} from '@cynodeai/contracts/common';
import { canonicalModel, demoModelRef } from '@cynodeai/contracts/model';
import { at } from '@cynodeai/runtime/std';

/** What a node's report says of one model on its disk; whatever is absent was not said. */
export interface ModelFacts {
  /** On disk, bytes. */
  readonly sizeBytes: number | undefined;
  readonly capabilities: readonly string[] | undefined;
}

/** What a model takes in memory for each byte it takes on the disk: its weights, and what it keeps of a conversation. */
const memoryPerByte = 1.2;
const mebibyte = 1024 * 1024;

function factsOf(model: unknown): ModelFacts {
  const size = at(model, 'size_bytes');
  const capabilities = at(model, 'capabilities');
  return {
    sizeBytes: typeof size === 'number' ? size : undefined,
    capabilities: Array.isArray(capabilities) ? capabilities.map(String) : undefined,
  };
}

/** What a report says of its models, by canonical name. */
export function modelFactsOf(report: unknown): ReadonlyMap<string, ModelFacts> {
  const models = at(report, 'inference', 'models');
  return new Map(
    (Array.isArray(models) ? models : []).map((model) => [
      canonicalModel(String(at(model, 'model_ref'))),
      factsOf(model),
    ]),
  );
}

/**
 * Memory a model may take where the node's service computes, MiB: of the machine or of its graphics cards, whichever is
 * more. Undefined when the service is on another machine, of which nothing is known.
 */
export function modelMemoryMb(report: unknown, vramMb: number): number | undefined {
  if (at(report, 'inference', 'on_this_host') === false) return undefined;
  const ramMb = at(report, 'compute', 'ram_mb');
  return typeof ramMb === 'number' ? Math.max(ramMb, vramMb) : undefined;
}

/** Whether a model writes text on its node: it is no model of a cloud, no stand-in, and made for it. */
export function canAnswer(ref: string, facts: ModelFacts | undefined): boolean {
  if (isCloudModel(ref) || canonicalModel(ref) === demoModelRef) return false;
  const capabilities = facts?.capabilities ?? guessedCapabilities(ref);
  return capabilities.includes(completionCapability);
}

/** Whether there is memory enough; a model or a machine that tells nothing is given the benefit of the doubt. */
export function fits(facts: ModelFacts | undefined, memoryMb: number | undefined): boolean {
  if (facts?.sizeBytes === undefined || memoryMb === undefined) return true;
  return facts.sizeBytes * memoryPerByte <= memoryMb * mebibyte;
}
