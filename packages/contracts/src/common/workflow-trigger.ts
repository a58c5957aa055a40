/** Why a workflow is run. */
export const workflowTriggers = ['user_api', 'pm_request', 'scheduled'] as const;

export type WorkflowTrigger = (typeof workflowTriggers)[number];
