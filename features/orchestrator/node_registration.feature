@suite_orchestrator
Feature: A node joins and becomes dispatchable
  A node proves itself with the pre-shared key, receives its configuration and is given work
  only after it acknowledged that configuration.

  Background:
    Given a running orchestrator on an empty database

  @REQ-ORCHES-0113 @REQ-WORKER-0136
  Scenario: A capability report with unknown fields is accepted and kept whole
    When a node registers as "alpha" with the extra field "future.answer" set to 42
    Then the answer is 201 with a node token and absolute URLs
    And the stored report of "alpha" holds "future.answer" as 42

  Scenario: A wrong key is refused and not repeated
    When a node registers with the wrong pre-shared key
    Then the answer is 401 of kind "authentication"
    And neither the answer nor the log holds the key that was sent

  @REQ-WORKER-0138
  Scenario: A payload of another version is named as such
    When a node registers with payload version 7
    Then the answer is 400 of kind "unsupported_payload_version"
    And the answer's detail names version 7 and the supported version 1

  Scenario: Two fetches give one configuration version
    Given a node that registered as "alpha"
    When it fetches its configuration twice
    Then both have the same version, which is a ULID

  @REQ-WORKER-0254
  Scenario: No job reaches a node before its acknowledgement
    Given a node that registered as "alpha"
    And a signed-in user
    When the user creates a task with the commands "true"
    And the node acknowledges its configuration as "applied"
    Then the node receives exactly one job, after its acknowledgement
    And the task becomes "completed"

  Scenario: A node that failed to apply its configuration gets nothing
    Given a node that registered as "alpha"
    And a node "beta" that is ready
    And a signed-in user
    When the node acknowledges its configuration as "failed"
    And the user creates a task with the commands "true"
    Then the task becomes "completed"
    And only "beta" received jobs
