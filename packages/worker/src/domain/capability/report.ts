import { type ContainerEngine, transportOf } from '@cynodeai/contracts/common';
import { type NodeCapabilityReport, jobSecretsFeature } from '@cynodeai/contracts/control-plane';
import { folderFeature, workspaceFeature } from '@cynodeai/contracts/worker-api';
import type { NodeSettings } from '../node/settings.ts';
import { type InferenceFacts, traitsOnWire } from '../inference/models.ts';
import type { GpuDevice, HostFacts } from './host-facts.ts';

/**
 * Labels a node gets when it offers sandboxes only. See docs/reference/nodes.md#settings-of-a-node.
 */
const sandboxOnlyLabels = ['sandbox_only', 'no_inference'];

/** What the container engine said about itself. */
export interface RuntimeFacts {
  readonly runtime: ContainerEngine;
  readonly version: string;
  readonly rootless: boolean;
  readonly rootlessSupported: boolean;
  readonly features: readonly string[];
}

export interface ReportInput {
  readonly settings: NodeSettings;
  readonly host: HostFacts;
  readonly runtime: RuntimeFacts;
  /** Container runtime and mount root work at this moment. */
  readonly sandboxUsable: boolean;
  /** Sandboxes can be given secrets. */
  readonly secretsUsable: boolean;
  readonly inference: InferenceFacts;
  /** The certificate that the Worker API shows, PEM, where it is behind TLS. */
  readonly certificate?: string | undefined;
  readonly now: Date;
}

/** URL the orchestrator should dial: the operator's, else one made from the host name. */
function advertisedUrl(settings: NodeSettings, hostname: string): string {
  const { publicBaseUrl, tlsListen, listen } = settings;
  if (publicBaseUrl !== undefined) return publicBaseUrl;
  return tlsListen === undefined
    ? `http://${hostname}:${listen.port}`
    : `https://${hostname}:${tlsListen.port}`;
}

type Gpu = NonNullable<NodeCapabilityReport['gpu']>;

function gpuPart(gpus: readonly GpuDevice[]): Gpu {
  const known = gpus.map((gpu) => gpu.vramMb).filter((vram) => vram !== undefined);
  return {
    present: gpus.length > 0,
    ...(gpus.length > 0 && {
      devices: gpus.map((gpu) => ({
        vendor: gpu.vendor,
        device_id: gpu.deviceId,
        ...(gpu.model !== undefined && { model: gpu.model }),
        ...(gpu.vramMb !== undefined && { vram_mb: gpu.vramMb }),
        ...(gpu.features !== undefined && { features: { ...gpu.features } }),
      })),
    }),
    ...(known.length > 0 && { total_vram_mb: known.reduce((sum, vram) => sum + vram, 0) }),
  };
}

function computePart(host: HostFacts): NodeCapabilityReport['compute'] {
  return {
    ...(host.cpuModel !== undefined && { cpu_model: host.cpuModel }),
    ...(host.cpuCount !== undefined && { cpu_count: host.cpuCount }),
    cpu_cores: host.cpuCores,
    ram_mb: host.ramMb,
    // In whole GiB: a figure that moves with every job would make every report a changed one.
    ...(host.storageFreeMb !== undefined && {
      storage_free_mb: Math.floor(host.storageFreeMb / 1024) * 1024,
    }),
  };
}

/** Progress stays out: it would make every report a changed one. */
function inferencePart(
  settings: NodeSettings,
  facts: InferenceFacts,
): NonNullable<NodeCapabilityReport['inference']> {
  return {
    supported: facts.supported,
    mode: settings.inferenceMode,
    existing_service: facts.existingService,
    running: facts.running,
    ...(facts.asksCloud !== undefined && { cloud_enabled: facts.asksCloud }),
    ...(facts.serviceUrl !== undefined && {
      service_url: facts.serviceUrl,
      on_this_host: facts.onThisHost,
    }),
    models: facts.models.map(({ modelRef, status, traits }) => ({
      model_ref: modelRef,
      status,
      ...traitsOnWire(traits),
    })),
  };
}

function nodePart(settings: NodeSettings): NodeCapabilityReport['node'] {
  const extra = settings.sandbox.mode === 'sandbox_only' ? sandboxOnlyLabels : [];
  const labels = [...new Set([...settings.labels, ...extra])];
  return {
    node_slug: settings.slug,
    ...(settings.name !== undefined && { name: settings.name }),
    ...(labels.length > 0 && { labels }),
  };
}

/**
 * The node's facts as the orchestrator gets them. See docs/reference/nodes.md#capability-report.
 */
export function capabilityReport(input: ReportInput): NodeCapabilityReport {
  const { settings, host, runtime } = input;
  const sandboxOnly = settings.sandbox.mode === 'sandbox_only';
  return {
    version: 1,
    reported_at: input.now.toISOString(),
    node: nodePart(settings),
    platform: {
      os: host.os,
      ...(host.distro !== undefined && { distro: host.distro }),
      arch: host.arch,
      kernel_version: host.kernelVersion,
    },
    container_runtime: {
      runtime: runtime.runtime,
      version: runtime.version,
      rootless_supported: runtime.rootlessSupported,
      rootless_enabled: runtime.rootless,
    },
    compute: computePart(host),
    gpu: gpuPart(sandboxOnly ? [] : host.gpus),
    sandbox: {
      supported: settings.sandbox.mode !== 'disabled' && input.sandboxUsable,
      features: [
        ...runtime.features,
        folderFeature,
        workspaceFeature,
        ...(input.secretsUsable ? [jobSecretsFeature] : []),
      ].toSorted(),
      max_concurrency: settings.sandbox.maxConcurrency,
    },
    network: {
      orchestrator_reachable: true,
      outbound_policy: 'none',
      orchestrator_transport: transportOf(settings.orchestratorUrl),
    },
    inference: inferencePart(settings, input.inference),
    worker_api: { base_url: advertisedUrl(settings, host.hostname) },
    ...(input.certificate !== undefined && {
      tls: { trust_material_status: 'ok', worker_api_server_cert_pem: input.certificate },
    }),
  };
}

/**
 * What of a report counts as a change: everything but its time.
 * See docs/reference/nodes.md#capability-report.
 */
export function comparablePart(report: NodeCapabilityReport): unknown {
  const { reported_at: _time, ...rest } = report;
  return rest;
}
