import { WorkerError } from '../../../domain/errors.ts';

const defaultSocket = '/var/run/docker.sock';

/**
 * Path of the daemon's socket from `DOCKER_HOST`. Only a local one will do: the files of a job are bound from
 * this machine. @throws WorkerError `engine_unusable`
 */
export function socketPathOf(dockerHost: string | undefined): string {
  if (dockerHost === undefined || dockerHost === '') return defaultSocket;
  const path = /^unix:\/\/(\/.+)$/.exec(dockerHost)?.[1];
  if (path !== undefined) return path;
  throw new WorkerError(
    'engine_unusable',
    `DOCKER_HOST must name a socket of this machine, such as unix://${defaultSocket}`,
  );
}
