import type { Clock } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { postgresFolders } from '../adapters/postgres/folders/folders.ts';
import { postgresAgentArtifactReader } from '../adapters/postgres/mcp/agent-artifacts.ts';
import { postgresAgentImageReader } from '../adapters/postgres/mcp/agent-images.ts';
import { postgresAgentJobReader } from '../adapters/postgres/mcp/agent-jobs.ts';
import { postgresAgentModelReader } from '../adapters/postgres/mcp/agent-models.ts';
import { postgresAgentNodeReader } from '../adapters/postgres/mcp/agent-nodes.ts';
import { postgresAgentProjectReader } from '../adapters/postgres/mcp/agent-projects.ts';
import { postgresAgentTaskReader } from '../adapters/postgres/mcp/agent-tasks.ts';
import { postgresFindScope } from '../adapters/postgres/mcp/find-scope.ts';
import { postgresMemoryReader } from '../adapters/postgres/mcp/memories.ts';
import { postgresVerificationReader } from '../adapters/postgres/mcp/verifications.ts';
import { postgresPreferenceReader } from '../adapters/postgres/preferences/preference-reader.ts';
import { postgresSettingReader } from '../adapters/postgres/settings/setting-reader.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import type { ContentStore } from '../app/blobs/content-store.ts';
import type { AgentToolDeps } from '../app/mcp/agent-tools.ts';
import { TaskNumbers } from '../app/tasks/name-task.ts';
import type { Seal } from '../domain/tasks/page-cursor.ts';
import type { DiskSpace } from '../ports/disk-space.ts';
import type { TaskSignals } from '../ports/tasks.ts';

/** What the tools read from the database; what they change comes with the transaction of a call. */
export function agentToolParts(
  db: Kysely<Database>,
  parts: {
    readonly blobs: ContentStore;
    readonly disk: DiskSpace;
    readonly signals: TaskSignals;
    readonly seal: Seal;
    readonly clock: Clock;
  },
): AgentToolDeps {
  const { blobs, disk, signals, seal, clock } = parts;
  const findScope = postgresFindScope(db);
  return {
    tasks: {
      tasks: postgresAgentTaskReader(db),
      blobs,
      folders: postgresFolders(db),
      disk,
      numbers: new TaskNumbers(),
      seal,
      clock,
    },
    jobs: { jobs: postgresAgentJobReader(db), signals, seal, clock },
    verifications: { verifications: postgresVerificationReader(db), seal },
    preferences: { preferences: postgresPreferenceReader(db), findScope, seal, clock },
    settings: { settings: postgresSettingReader(db), seal, clock },
    projects: { projects: postgresAgentProjectReader(db), seal },
    artifacts: { artifacts: postgresAgentArtifactReader(db), blobs, seal, clock },
    memories: { memories: postgresMemoryReader(db), seal, clock },
    nodes: { nodes: postgresAgentNodeReader(db) },
    models: { models: postgresAgentModelReader(db) },
    images: { images: postgresAgentImageReader(db), seal, clock },
  };
}
