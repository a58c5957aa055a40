/** What of a command line says which gateway is meant. */
export interface TargetFlags {
  readonly gateway?: string | undefined;
  readonly context?: string | undefined;
}

/** The login that makes a session of the gateway a command line was about. */
export function loginCommandOf({ gateway, context }: TargetFlags): string {
  const flags = Object.entries({ gateway, context })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` --${name} ${value}`);
  return `cynork auth login${flags.join('')}`;
}
