import type { Selectable } from 'kysely';
import { actorId, systemActor } from '../../../domain/identity/actor.ts';
import {
  type Project,
  type ProjectReference,
  defaultProjectName,
  defaultProjectSlug,
} from '../../../domain/projects/project.ts';
import type { ProjectStore } from '../../../ports/projects.ts';
import type { Executor } from '../database.ts';
import type { ProjectsTable } from '../tables/identity.ts';

const columns = ['id', 'slug', 'is_active', 'is_default', 'owner_user_id'] as const;

function projectOf(row: Pick<Selectable<ProjectsTable>, (typeof columns)[number]>): Project {
  return {
    id: row.id,
    slug: row.slug,
    isActive: row.is_active,
    isDefault: row.is_default,
    ownerUserId: row.is_default ? (row.owner_user_id ?? undefined) : undefined,
  };
}

async function findProject(
  db: Executor,
  reference: ProjectReference,
): Promise<Project | undefined> {
  const query = db.selectFrom('projects').select(columns);
  const row = await (
    reference.by === 'id'
      ? query.where('id', '=', reference.id)
      : query.where('slug', '=', reference.slug)
  ).executeTakeFirst();
  return row && projectOf(row);
}

/** Reads first, since all but the first call find it; concurrent inserts wait for each other and make one row. */
async function ensureDefaultProject(db: Executor, userId: string, now: Date): Promise<Project> {
  const select = db
    .selectFrom('projects')
    .select(columns)
    .where('owner_user_id', '=', userId)
    .where('is_default', '=', true);
  const existing = await select.executeTakeFirst();
  if (existing !== undefined) return projectOf(existing);
  await db
    .insertInto('projects')
    .values({
      slug: defaultProjectSlug(userId),
      display_name: defaultProjectName,
      description: null,
      owner_user_id: userId,
      is_default: true,
      created_at: now,
      updated_at: now,
      updated_by: actorId(systemActor),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return projectOf(await select.executeTakeFirstOrThrow());
}

/** Projects in PostgreSQL. */
export function postgresProjectStore(db: Executor): ProjectStore {
  return {
    find: (reference) => findProject(db, reference),
    ensureDefault: (userId, now) => ensureDefaultProject(db, userId, now),
  };
}
