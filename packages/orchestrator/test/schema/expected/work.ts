import { type ExpectedTables, agentTypes } from './notation.ts';

/**
 * See docs/reference/database.md#work-tables and
 * docs/reference/database.md#tables-of-parts-to-come.
 */
export const workTables: ExpectedTables = {
  tasks: {
    columns: `id created_by:uuid project_id? plan_id? name? input_mode=prompt status=pending
      closed:bool=false prompt? description? acceptance_criteria:jsonb? planning_state? summary?
      metadata:jsonb? ended_at? created_at updated_at folder_id?`,
    keys: ['id'],
    references: ['created_by -> users', 'project_id -> projects', 'folder_id -> folders N'],
    values: {
      input_mode: 'prompt script commands',
      status: 'pending running completed failed canceled superseded',
      planning_state: 'draft ready',
    },
    rules: 2,
    indexes: [
      'unique created_by, name where name IS NOT NULL',
      'created_by, created_at, id',
      'project_id, created_at, id',
      'created_at, id',
      'plan_id',
      'status',
      'closed',
      "((metadata -> 'workflow') ->> 'requested_at'), id where (NOT closed) AND (((metadata -> 'workflow') ->> 'requested_at') IS NOT NULL)",
    ],
  },
  folders: {
    columns: `id owner_id sha256 size_bytes:bigint entries:int storage_ref created_at
      last_used_at`,
    keys: ['id', 'owner_id, sha256'],
    references: ['owner_id -> users C'],
    indexes: ['last_used_at', 'storage_ref'],
  },
  jobs: {
    columns: `id task_id persona_id? node_id? status=queued payload:jsonb? result:jsonb? lease_id?
      lease_expires_at? attempt:int=0 max_attempts:int=3 next_attempt_at? started_at? ended_at?
      created_at updated_at workspace_id?`,
    keys: ['id'],
    references: ['task_id -> tasks', 'node_id -> nodes', 'workspace_id -> workspaces N'],
    values: { status: 'queued running completed failed canceled lease_expired' },
    rules: 1,
    indexes: [
      'task_id',
      'persona_id where persona_id IS NOT NULL',
      'lease_id where lease_id IS NOT NULL',
      'lease_expires_at where lease_expires_at IS NOT NULL',
      'node_id',
      'status',
      'created_at',
      "(payload ->> 'kind'), created_at, id where status = 'queued'",
      "node_id where status = 'running'",
    ],
  },
  idempotency_keys: {
    columns: `caller method path key request_sha256:bytea status_code:int? response:jsonb? resource_id?
      created_at expires_at`,
    keys: ['caller, method, path, key'],
    indexes: ['expires_at'],
  },
  job_secrets: {
    columns: `owner_id:uuid name:C value_ciphertext value_kid size_bytes:int created_at updated_at`,
    keys: ['owner_id, name'],
    references: ['owner_id -> users C'],
  },
  workspaces: {
    columns: `id owner_id name:C node_id? holder_job_id? size_bytes:bigint? last_used_at? created_at
      updated_at`,
    keys: ['id', 'owner_id, name'],
    references: ['owner_id -> users C', 'node_id -> nodes N'],
  },
  task_artifacts: {
    columns: `id task_id run_id? job_id? path storage_ref size_bytes:bigint? content_type?
      checksum_sha256? created_at updated_at executable:boolean=false`,
    keys: ['id', 'task_id, path'],
    references: ['task_id -> tasks C', 'run_id -> runs N', 'job_id -> jobs N'],
    indexes: ['run_id', 'job_id', 'created_at', 'storage_ref'],
  },
  blobs: {
    columns: 'storage_ref:C sha256:C? size_bytes:bigint created_at',
    keys: ['storage_ref', 'sha256'],
  },
  blob_claims: {
    columns: 'claim_id:uuid storage_ref:C claimed_at',
    keys: ['claim_id, storage_ref'],
    references: ['storage_ref -> blobs C'],
    indexes: ['storage_ref', 'claimed_at'],
  },
  task_events: {
    columns: 'seq:identity task_id job_id? event data:jsonb created_at',
    keys: ['seq'],
    references: ['task_id -> tasks C'],
    values: {
      event: 'task.status job.status job.log workflow.plan workflow.step workflow.verification',
    },
    indexes: ['task_id, seq'],
  },
  workflow_checkpoints: {
    columns: 'id task_id state:jsonb last_node_id:text updated_at',
    keys: ['id', 'task_id'],
    references: ['task_id -> tasks C'],
    indexes: ['updated_at'],
  },
  task_workflow_leases: {
    columns: `id task_id lease_id holder_id:text? expires_at? run_id? idempotency_key? created_at
      updated_at`,
    keys: ['id', 'task_id'],
    references: ['task_id -> tasks C'],
    indexes: ['expires_at where expires_at IS NOT NULL'],
  },
  task_verifications: {
    columns: `id task_id run_id? job_id? step_index:int attempt:int agent_type status findings:jsonb
      recommended_actions:jsonb preferences_applied:jsonb created_at`,
    keys: ['id', 'task_id, step_index, attempt, agent_type'],
    references: ['task_id -> tasks C', 'run_id -> runs N', 'job_id -> jobs N'],
    values: { agent_type: agentTypes, status: 'pass fail needs_clarification' },
  },
  agent_tokens: {
    columns: `id token_hash:bytea audience agent_type user_id? project_id? task_id? job_id? session_id?
      expires_at revoked_at? created_at`,
    keys: ['id', 'token_hash'],
    values: { audience: 'mcp inference', agent_type: agentTypes },
    indexes: ['expires_at', 'job_id where job_id IS NOT NULL'],
  },
  mcp_sessions: {
    columns: 'id agent_token_id last_used_at ended_at?',
    keys: ['id'],
    references: ['agent_token_id -> agent_tokens C'],
    indexes: ['last_used_at'],
  },
  agent_run_contexts: {
    columns: `id user_id project_id? task_id? run_id? lease_id? thread_id? expires_at created_at`,
    keys: ['id'],
    references: ['user_id -> users'],
    indexes: ['expires_at'],
  },
  job_memories: {
    columns: 'id job_id task_id key content summary? size_bytes:int created_at updated_at',
    keys: ['id', 'job_id, key'],
    references: ['job_id -> jobs C'],
  },
  sessions: {
    columns: 'id parent_session_id? user_id title? created_at updated_at',
    keys: ['id'],
    references: ['parent_session_id -> sessions', 'user_id -> users'],
    indexes: ['created_at'],
  },
  runs: {
    columns: `id task_id job_id? session_id? parent_run_id? status started_at? ended_at?
      metadata:jsonb? created_at updated_at`,
    keys: ['id'],
    references: [
      'task_id -> tasks',
      'job_id -> jobs',
      'session_id -> sessions',
      'parent_run_id -> runs',
    ],
    values: { status: 'pending running completed failed canceled' },
    indexes: ['status', 'created_at'],
  },
  chat_threads: {
    columns: 'id user_id project_id? session_id? title? created_at updated_at',
    keys: ['id'],
    references: ['user_id -> users', 'project_id -> projects', 'session_id -> sessions'],
    indexes: ['user_id, updated_at', 'project_id, updated_at'],
  },
  chat_messages: {
    columns: 'id seq:identity thread_id role content metadata:jsonb? created_at',
    keys: ['id'],
    references: ['thread_id -> chat_threads C'],
    values: { role: 'user assistant system' },
    indexes: ['thread_id, created_at, seq'],
  },
};
