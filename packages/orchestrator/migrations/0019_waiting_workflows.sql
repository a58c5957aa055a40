-- breaking: false
-- transaction: true
-- Tasks that wait for their workflow are looked for often, among all that are open.
-- See docs/reference/workflow.md#nudge.

CREATE INDEX tasks_workflow_requested_idx ON tasks ((metadata -> 'workflow' ->> 'requested_at'), id)
  WHERE NOT closed AND (metadata -> 'workflow' ->> 'requested_at') IS NOT NULL;
