-- breaking: false
-- transaction: true
-- Content is stored once; see docs/reference/tasks-and-jobs.md#stored-content.

-- storage_ref: where the bytes are; never given to others once they went.
-- sha256: hex; null where nothing new may rest on it: a second copy from before, or bytes that were found damaged.
CREATE TABLE blobs (
  storage_ref text COLLATE "C" PRIMARY KEY,
  sha256 text COLLATE "C",
  size_bytes bigint NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT blobs_sha256_key UNIQUE (sha256)
);

-- Who stored content holds it until a row names it; one that nobody gives back ends with its age.
CREATE TABLE blob_claims (
  claim_id uuid NOT NULL,
  storage_ref text COLLATE "C" NOT NULL,
  claimed_at timestamptz(3) NOT NULL,
  PRIMARY KEY (claim_id, storage_ref),
  CONSTRAINT blob_claims_storage_ref_fkey FOREIGN KEY (storage_ref) REFERENCES blobs ON DELETE CASCADE
);
CREATE INDEX blob_claims_storage_ref_idx ON blob_claims (storage_ref);
CREATE INDEX blob_claims_claimed_at_idx ON blob_claims (claimed_at);

-- References may begin in more than one way.
DROP INDEX task_artifacts_storage_ref_idx;
CREATE INDEX task_artifacts_storage_ref_idx ON task_artifacts (storage_ref);

INSERT INTO blobs (storage_ref, sha256, size_bytes, created_at)
SELECT storage_ref, CASE WHEN row_number() OVER (PARTITION BY sha256 ORDER BY storage_ref) = 1 THEN sha256 END,
       size_bytes, created_at
  FROM (SELECT storage_ref, max(sha256) AS sha256, coalesce(max(size_bytes), 0) AS size_bytes,
               min(created_at) AS created_at
          FROM (SELECT storage_ref, checksum_sha256 AS sha256, size_bytes, created_at FROM task_artifacts
                UNION ALL
                SELECT storage_ref, sha256, size_bytes, created_at FROM folders) AS named
         WHERE storage_ref LIKE 'file:%'
         GROUP BY storage_ref) AS kept;
