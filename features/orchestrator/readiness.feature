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

  @REQ-MODELS-0003 @REQ-ORCHES-0117 @REQ-ORCHES-0119
  Scenario: It is ready while a model is there, at every role and without a restart
    Given nodes may download models unasked
    And a node "alpha" whose models take their time
    Then readiness becomes 503 with the reason "pm_model_loading"
    When the models of "alpha" are there
    Then the orchestrator becomes ready
    When the node "alpha" reports that its models are gone
    Then readiness becomes 503 with the reason "pm_model_not_selected"
    When the node "alpha" reports that its models are back
    Then the orchestrator becomes ready
    When the node acknowledges its configuration as "failed"
    Then readiness becomes 503 with the reason "no_inference_path"
