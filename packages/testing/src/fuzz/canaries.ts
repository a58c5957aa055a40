/** Stands in every secret a case sends: it may appear in no answer and no log line. */
export const secretCanary = 'Canary.Secret.3fd1c7';

/** Stands in every other text a case sends: bodies are not logged, so it may appear in no log line. */
export const textCanary = 'Canary.Text.9be240';

const secretName = /password|token|psk|secret|authorization/i;

/** The canary of a field by its name. */
export function canaryOf(path: readonly string[]): string {
  return path.some((key) => secretName.test(key)) ? secretCanary : textCanary;
}
