@suite_worker_node
Feature: A node starts in order and fails honestly

  @REQ-WORKER-0252 @REQ-WORKER-0254
  Scenario: Registration, configuration, Worker API, acknowledgement
    Given an orchestrator with unusual URL paths
    When a node starts against it
    Then it asks for registration, then configuration, then acknowledges "applied"
    And the node was already answering "ok" on healthz when it acknowledged

  Scenario: A wrong pre-shared key ends the node at once
    Given an orchestrator that refuses the pre-shared key
    When a node starts against it
    Then the node ends with a failure and tells why without the key

  Scenario: A configuration for another node is refused
    Given an orchestrator that sends the configuration of another node
    When a node starts against it
    Then it acknowledges "failed" and ends with a failure
