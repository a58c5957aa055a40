import type { Effort, Outcome } from '../harness/line.ts';
import type { BenchInstall } from '../support/install.ts';
import { measureApiCreate, measureApiRead } from './api.ts';
import { measureArtifactsOut } from './artifacts.ts';
import { measureChain } from './chain.ts';
import { measureDispatch } from './dispatch.ts';
import { measureFolderAgain, measureFolderIn } from './folder.ts';
import { measureMemory } from './memory.ts';
import { measureOutput } from './output.ts';
import {
  measureInferenceDocker,
  measureInferencePodman,
  measureRelayChunk,
  measureRelayKept,
  measureRelayNew,
  measureRelayRequest,
} from './relay.ts';
import { measureSpawnDelay } from './spawn-delay.ts';
import { measureCynork, measureCynorkStatus, measureRun, measureUp } from './start.ts';
import {
  measureToolP50,
  measureToolP50Row,
  measureToolP95,
  measureToolP95Row,
  measureToolRate,
} from './tools.ts';

/** Something to measure on an install that other lines use too. */
export interface Line {
  readonly name: string;
  readonly title: string;
  readonly measure: (install: BenchInstall, effort: Effort) => Promise<Outcome>;
}

/** Every line in the order in which they are measured. */
export const lines: readonly Line[] = [
  { name: 'chain', title: 'POST of a task to its result', measure: measureChain },
  { name: 'run', title: 'warm `cynode run`', measure: measureRun },
  { name: 'folder-in', title: 'a folder of 300 MB into a job', measure: measureFolderIn },
  { name: 'folder-again', title: 'the same once more', measure: measureFolderAgain },
  { name: 'artifacts-out', title: '10,000 files out of a job', measure: measureArtifactsOut },
  { name: 'output', title: 'a job that writes 1 GB', measure: measureOutput },
  { name: 'cynork', title: 'start of cynork', measure: measureCynork },
  { name: 'cynork-status', title: 'CPU of `cynork status`', measure: measureCynorkStatus },
  { name: 'api-read', title: 'an authenticated read', measure: measureApiRead },
  { name: 'api-create', title: 'creation of a task', measure: measureApiCreate },
  { name: 'memory', title: 'memory of an idle stack', measure: measureMemory },
  { name: 'tool-p50', title: "a tool's call, the middle", measure: measureToolP50 },
  { name: 'tool-p95', title: 'the slower ones', measure: measureToolP95 },
  { name: 'tool-p50-row', title: 'the middle, with a row', measure: measureToolP50Row },
  { name: 'tool-p95-row', title: 'the slower ones, with a row', measure: measureToolP95Row },
  { name: 'tool-rate', title: 'calls of tools a second', measure: measureToolRate },
  { name: 'dispatch', title: 'jobs a second with a no-op node', measure: measureDispatch },
  { name: 'spawn', title: '201 to engine process spawned', measure: measureSpawnDelay },
  { name: 'relay', title: 'one model request through the relay', measure: measureRelayRequest },
  { name: 'relay-chunk', title: 'one streamed line through it', measure: measureRelayChunk },
  { name: 'relay-kept', title: 'model requests a second, kept', measure: measureRelayKept },
  { name: 'relay-new', title: 'model requests a second, new', measure: measureRelayNew },
  { name: 'inference-podman', title: 'a job with inference', measure: measureInferencePodman },
  { name: 'inference-docker', title: 'the same on Docker', measure: measureInferenceDocker },
  { name: 'up', title: '`cynode up` to ready for jobs', measure: measureUp },
];
