export { ClusterBackup } from './backup.ts';
export { embeddedBinDir } from './binaries.ts';
export { PostgresError, type PostgresErrorCode } from './errors.ts';
export {
  type PostgresOptions,
  type PostgresServer,
  startPostgres,
  stopPostgres,
} from './server.ts';
