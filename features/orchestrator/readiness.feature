@suite_orchestrator
Feature: The orchestrator tells whether it can work, and why not

  Background:
    Given a running orchestrator on an empty database

  @REQ-ORCHES-0119 @REQ-BOOTST-0002 @REQ-BOOTST-0105
  Scenario: Without a model it is alive, not ready, and says so
    When both health endpoints of the orchestrator are asked
    Then liveness is "ok"
    And readiness is 503 with the reason "no_inference_path" and an action

  Scenario: Raw work runs although no model is there
    Given a node "alpha" that is ready
    And a signed-in user
    When the user creates a task with the commands "true"
    Then the task becomes "completed"
    And readiness is 503 with the reason "no_inference_path" and an action
