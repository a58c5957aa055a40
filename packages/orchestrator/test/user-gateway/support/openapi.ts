import { Validator } from '@seriousme/openapi-schema-validator';

/** What is wrong with an OpenAPI document; empty when it is valid. */
export async function openApiFaults(document: object): Promise<readonly unknown[]> {
  const validator = new Validator();
  const result = await validator.validate({ ...document });
  if (result.valid) return validator.version === '3.1' ? [] : [`version ${validator.version}`];
  return Array.isArray(result.errors) ? result.errors : [result.errors];
}
