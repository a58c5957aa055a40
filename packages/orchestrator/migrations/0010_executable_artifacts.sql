-- breaking: false
-- transaction: true
-- Files that jobs leave keep the right to run them.

ALTER TABLE task_artifacts ADD COLUMN executable boolean NOT NULL DEFAULT false;
