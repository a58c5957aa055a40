import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ReadinessFacts,
  evaluateReadiness,
} from '../src/domain/readiness/evaluate-readiness.ts';
import type { PmModelState } from '../src/domain/models/pm-model-state.ts';
import { codeWords, waitingWords } from '../src/domain/tasks/waiting-words.ts';
import { ableNode } from './support/node-facts.ts';

/** What people read of the gateway in `status`, `run` and `task get`. Anew: `npm run record-examples`. */
const folder = join(import.meta.dirname, 'examples');
const able = ableNode('local');
const silent = ableNode('local', {
  inference: {
    ...able.inference,
    silent: true,
    serviceUrl: 'http://127.0.0.1:11434',
  },
});

const selection = (extra: Partial<PmModelState>): PmModelState => ({
  executionMode: 'local',
  nodeSlug: 'local',
  modelRef: 'qwen3.5:0.8b',
  reasons: [],
  status: 'available',
  basis: '',
  ...extra,
});

/** Nothing was selected, for this reason. */
function failed(why: string, extra: Partial<PmModelState> = {}): PmModelState {
  const { nodeSlug: _node, modelRef: _model, ...rest } = selection({ status: 'failed', ...extra });
  return { ...rest, wanted: 'qwen3.5:0.8b', reasons: [...(extra.reasons ?? []), `failed:${why}`] };
}

function of(
  state: PmModelState | undefined,
  availability?: 'available' | 'loading' | 'failed',
  nodes = [able],
): ReadinessFacts {
  const pmModel = { selection: state, availability };
  return { database: 'current', bootstrapError: undefined, nodes, pmModel };
}

const pinned = { reasons: ['pinned_model'] };
const refused = 'pull model manifest: file does not exist';

/** By situation. One line each, as far as it goes. */
const situations: Readonly<Record<string, ReadinessFacts>> = {
  'the database is away': { database: 'unavailable' },
  'the database is older': { database: 'outdated', schemaVersion: '0006', expectedVersion: '0007' },
  'just started': of(undefined),
  'no node is there': of(undefined, undefined, []),
  'the model service is down': of(selection({}), 'available', [silent]),
  'the model is loading': of(
    selection({ status: 'loading', progress: { completedBytes: 430, totalBytes: 1000 } }),
    'loading',
  ),
  'the model failed to load': of(selection({ status: 'failed' }), 'failed'),
  'no model is there, and none may be downloaded': of(failed('download_not_approved')),
  'the pinned model may not be downloaded': of(failed('download_not_approved', pinned)),
  'the model was deleted': of(failed('model_deleted')),
  'the model could not be downloaded': of(failed('no_model_available', { error: refused })),
  'the pinned model could not be downloaded': of(
    failed('no_model_available', { ...pinned, error: refused }),
  ),
  'the pinned model is one of a cloud': of(failed('cloud_model', pinned)),
};

describe('what a person reads', () => {
  it('of a gateway that is not ready', async () => {
    const text = Object.entries(situations).map(([name, facts]) => {
      const reasons = evaluateReadiness(facts).map(
        ({ code, message, action }) => `${code}: ${message}\n  ${action}\n`,
      );
      return `--- ${name}\n${reasons.join('')}`;
    });
    await expect(text.join('')).toMatchFileSnapshot(join(folder, 'readiness.txt'));
  });

  it('of a task that waits', async () => {
    const text = Object.keys(codeWords).map((code) => `${code}: ${waitingWords(code)}\n`);
    await expect(text.join('')).toMatchFileSnapshot(join(folder, 'waiting.txt'));
    expect(waitingWords('of_another_version')).toBeUndefined();
  });
});
