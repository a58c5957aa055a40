import type { InferenceBackend, NodeCapabilityReport } from '@cynodeai/contracts/control-plane';
import { sandboxOnlyLabel } from './node.ts';

export type InferenceVariant = 'cpu' | 'cuda' | 'rocm';

/**
 * Operator settings under `inference.backend.*`.
 * See docs/reference/inference.md#who-must-start-a-container.
 */
export interface InferencePolicy {
  readonly enabled: boolean;
  /** Container image by variant; a missing one leaves the choice to the node. */
  readonly images: Readonly<Partial<Record<InferenceVariant, string>>>;
  readonly allowedVariants: readonly InferenceVariant[];
  /** Slugs of nodes that must not run inference. */
  readonly disabledNodes: readonly string[];
}

/** What holds when no setting was written. */
export const defaultInferencePolicy: InferencePolicy = {
  enabled: true,
  images: {},
  allowedVariants: ['cpu', 'cuda', 'rocm'],
  disabledNodes: [],
};

const ollamaPort = 11_434;

function unsupported(report: NodeCapabilityReport): boolean {
  const inference = report.inference;
  if (inference?.supported !== undefined) return !inference.supported;
  const hints =
    report.gpu?.present === true || inference?.running === true || inference?.mode === 'require';
  return !hints;
}

function hasDevice(report: NodeCapabilityReport, feature: string, vendor: RegExp): boolean {
  if (report.gpu?.present !== true) return false;
  return (report.gpu.devices ?? []).some(
    (device) => device.features?.[feature] !== undefined || vendor.test(device.vendor ?? ''),
  );
}

/** Best variant first; the caller takes the first the policy allows. */
function suitableVariants(report: NodeCapabilityReport): InferenceVariant[] {
  return [
    ...(hasDevice(report, 'rocm_version', /\bamd\b|advanced micro devices/i)
      ? ['rocm' as const]
      : []),
    ...(hasDevice(report, 'cuda_capability', /nvidia/i) ? ['cuda' as const] : []),
    'cpu',
  ];
}

/**
 * Whether a node must start an inference container, and which; undefined means it must not. Pure:
 * the last report and the policy decide, first matching rule wins.
 * See docs/reference/inference.md#who-must-start-a-container.
 */
export function decideInferenceBackend(
  report: NodeCapabilityReport,
  policy: InferencePolicy,
): InferenceBackend | undefined {
  const mode = report.inference?.mode ?? 'allow';
  if (report.inference?.existing_service === true) return undefined;
  if (mode === 'disabled') return undefined;
  if (unsupported(report)) return undefined;
  if (report.node.labels?.includes(sandboxOnlyLabel)) return undefined;
  const forbidden = !policy.enabled || policy.disabledNodes.includes(report.node.node_slug);
  if (forbidden && mode !== 'require') return undefined;
  const variant = suitableVariants(report).find((one) => policy.allowedVariants.includes(one));
  if (variant === undefined) return undefined;
  const image = policy.images[variant];
  return { enabled: true, variant, ...(image !== undefined && { image }), port: ollamaPort };
}
