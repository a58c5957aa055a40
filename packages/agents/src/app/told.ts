import { type AskName, type GraphState, askMark, blockText } from '@cynodeai/contracts/agents';
import { type AgentArtifact, type AgentTask, ownMetadataKeys } from '@cynodeai/contracts/mcp';
import { additionalContext, contextOf } from '../domain/context.ts';
import { excerptOf } from '../domain/excerpt.ts';
import { inputPath } from '../domain/plan-rules.ts';
import { ToolFailure, type Tools } from '../ports/tools.ts';
import {
  type AgentRole,
  type Instructions,
  type NodeScene,
  preferencesOf,
  promptOf,
} from './node-scene.ts';

/** Files whose text a model is shown at once, and how large one may be to be read, bytes. */
const shownFiles = 8;
const readBytes = 256 * 1024;

/** Bytes of a request, or of preferences, that a message holds. */
const requestBytes = 128 * 1024;

/** Who is asked, as whom, and by what instructions; an agent never reads what is for the other. */
export interface Asking {
  readonly agent: AgentRole;
  readonly instructions: Instructions;
}

async function projectOf({ tools, task, signal }: NodeScene) {
  if (task.project_id === null) return undefined;
  try {
    const args = { project_id: task.project_id };
    const { project } = await tools.call('db.project.get', args, signal);
    const { id, slug, display_name: name, description } = project;
    return { id, name, slug, description: description ?? undefined };
  } catch (error) {
    // A project that its user may not see is no part of what an agent is told.
    const isUnseen = error instanceof ToolFailure && error.type === 'not_found';
    if (isUnseen) return undefined;
    throw error;
  }
}

/** Metadata that says nothing of how the product runs a task. */
function ownMetadata({ metadata }: AgentTask): Record<string, unknown> {
  const kept: ReadonlySet<string> = new Set(ownMetadataKeys);
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !kept.has(key)));
}

/** The system message of a request: what it is for, and the context of its agent. */
export async function systemOf(
  name: AskName,
  { agent, instructions }: Asking,
  scene: NodeScene,
): Promise<string> {
  const { task, state } = scene;
  const context = contextOf({
    baseline: instructions.baseline,
    instructions: instructions.role,
    project: await projectOf(scene),
    task: {
      id: task.id,
      name: task.task_name ?? undefined,
      status: task.status,
      criteria: state.acceptance_criteria ?? task.acceptance_criteria,
      metadata: ownMetadata(task),
    },
    additional: additionalContext(preferencesOf(state)[`agents.${agent}.additional_context`]),
  });
  return `${askMark(name)}\n${context}`;
}

export function requestBlock(task: AgentTask): string {
  return blockText({ name: 'request', text: excerptOf(promptOf(task), requestBytes) });
}

export function preferencesBlock(state: GraphState): string {
  const told = Object.entries(preferencesOf(state)).filter(
    ([key]) => !/^agents\..*context$/.test(key),
  );
  if (told.length === 0) return '';
  const text = JSON.stringify(Object.fromEntries(told), undefined, 1);
  return blockText({ name: 'preferences', text: excerptOf(text, requestBytes) });
}

/** A line for each file, with the path under which a job finds it. */
export function filesText(files: readonly AgentArtifact[]): string {
  return files
    .map(({ path, size_bytes: size, checksum_sha256: hash }) => {
      const sum = hash === null ? '' : `, sha256 ${hash}`;
      return `${inputPath(path)} (${size} bytes${sum})`;
    })
    .join('\n');
}

export function filesBlock(files: readonly AgentArtifact[]): string {
  return files.length === 0
    ? ''
    : blockText({ name: 'files', text: excerptOf(filesText(files), requestBytes) });
}

/** Text of a file; undefined where it is none. */
function textOf(base64: string): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(base64, 'base64'));
    return text.includes('\u0000') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The texts of the first of some files that are small enough to be read, by path. */
export async function fileTexts(
  tools: Tools,
  files: readonly AgentArtifact[],
  taskId: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  const small = files.filter(({ size_bytes: size }) => size <= readBytes).slice(0, shownFiles);
  for (const { path } of small) {
    try {
      const file = await tools.call('artifact.get', { task_id: taskId, path }, signal);
      const text = textOf(file.content_bytes_base64);
      if (text !== undefined) texts.set(inputPath(path), text);
    } catch (error) {
      if (!(error instanceof ToolFailure) || error.type !== 'not_found') throw error;
    }
  }
  return texts;
}

export function fileBlocks(texts: ReadonlyMap<string, string>): string[] {
  return [...texts].map(([label, text]) =>
    blockText({ name: 'file', label, text: excerptOf(text) }),
  );
}

/** A user message of its parts, without those that are empty. */
export function messageOf(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
