import type { AuthAuditLogTable, GatewayAuditLogTable } from './tables/audit.ts';
import type { CreatedAt } from './tables/columns.ts';
import type {
  AuthAttemptsTable,
  GroupMembershipsTable,
  GroupsTable,
  PasswordCredentialsTable,
  ProjectsTable,
  RefreshSessionsTable,
  RoleBindingsTable,
  RolesTable,
  UnknownHandleFailuresTable,
  UserApiKeysTable,
  UsersTable,
} from './tables/identity.ts';
import type {
  ModelVersionsTable,
  ModelsTable,
  NodeCapabilitiesTable,
  NodeConfigVersionsTable,
  NodeJoinTokensTable,
  NodeModelAvailabilityTable,
  NodeSandboxImageAvailabilityTable,
  NodeTelemetryTable,
  NodesTable,
  SandboxImageVersionsTable,
  SandboxImagesTable,
} from './tables/nodes.ts';
import type {
  AccessControlAuditLogTable,
  AccessControlRulesTable,
  OrchestratorStateTable,
  PreferenceAuditLogTable,
  PreferenceEntriesTable,
  SystemSettingsAuditLogTable,
  SystemSettingsTable,
} from './tables/policy.ts';
import type {
  BlobClaimsTable,
  BlobsTable,
  FoldersTable,
  IdempotencyKeysTable,
  JobSecretsTable,
  JobsTable,
  RunsTable,
  SessionsTable,
  TaskArtifactsTable,
  TaskEventsTable,
  TasksTable,
  WorkspacesTable,
} from './tables/work.ts';
import type {
  AgentRunContextsTable,
  TaskWorkflowLeasesTable,
  WorkflowCheckpointsTable,
} from './tables/workflow.ts';

/** Applied migrations. See docs/reference/database.md#migrations. */
export interface SchemaMigrationsTable {
  version: string;
  name: string;
  checksum: string;
  applied_at: CreatedAt;
}

/**
 * The tables this code reads or writes, as Kysely sees them; the migrations are the schema of record.
 * The baseline also creates tables of later phases, which gain a type with their first statement.
 */
export interface Database {
  schema_migrations: SchemaMigrationsTable;
  users: UsersTable;
  password_credentials: PasswordCredentialsTable;
  refresh_sessions: RefreshSessionsTable;
  auth_attempts: AuthAttemptsTable;
  unknown_handle_failures: UnknownHandleFailuresTable;
  user_api_keys: UserApiKeysTable;
  projects: ProjectsTable;
  groups: GroupsTable;
  group_memberships: GroupMembershipsTable;
  roles: RolesTable;
  role_bindings: RoleBindingsTable;
  access_control_rules: AccessControlRulesTable;
  access_control_audit_log: AccessControlAuditLogTable;
  preference_entries: PreferenceEntriesTable;
  preference_audit_log: PreferenceAuditLogTable;
  system_settings: SystemSettingsTable;
  system_settings_audit_log: SystemSettingsAuditLogTable;
  orchestrator_state: OrchestratorStateTable;
  tasks: TasksTable;
  jobs: JobsTable;
  blobs: BlobsTable;
  blob_claims: BlobClaimsTable;
  folders: FoldersTable;
  idempotency_keys: IdempotencyKeysTable;
  job_secrets: JobSecretsTable;
  workspaces: WorkspacesTable;
  task_artifacts: TaskArtifactsTable;
  task_events: TaskEventsTable;
  sessions: SessionsTable;
  runs: RunsTable;
  workflow_checkpoints: WorkflowCheckpointsTable;
  task_workflow_leases: TaskWorkflowLeasesTable;
  agent_run_contexts: AgentRunContextsTable;
  nodes: NodesTable;
  node_capabilities: NodeCapabilitiesTable;
  node_config_versions: NodeConfigVersionsTable;
  node_join_tokens: NodeJoinTokensTable;
  node_telemetry: NodeTelemetryTable;
  sandbox_images: SandboxImagesTable;
  sandbox_image_versions: SandboxImageVersionsTable;
  node_sandbox_image_availability: NodeSandboxImageAvailabilityTable;
  models: ModelsTable;
  model_versions: ModelVersionsTable;
  node_model_availability: NodeModelAvailabilityTable;
  auth_audit_log: AuthAuditLogTable;
  gateway_audit_log: GatewayAuditLogTable;
}
