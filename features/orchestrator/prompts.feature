@suite_orchestrator
Feature: A prompt reaches a model and never a shell

  Background:
    Given a running orchestrator on an empty database
    And a signed-in user

  @REQ-ORCHES-0125
  Scenario Outline: Without a model a prompt waits, says for what, and is not executed
    Given a node "alpha" that is ready
    When the user creates a task with the prompt <prompt>
    Then the task waits for "no_inference_path"
    And no node received a job
    And canceling it again succeeds

    Examples:
      | prompt                       |
      | "Tell me what model you are" |
      | "$(touch pwned); touch p2"   |
      | "`id` && rm -rf /"           |

  @REQ-ORCHES-0118 @REQ-ORCHES-0123 @REQ-ORCHES-0125
  Scenario: A prompt is answered through the relay of the model's node
    Given a node "alpha" whose model says "I am a model."
    When the user creates a task with the prompt "Tell me what model you are"
    Then the task becomes "completed"
    And the answer is "I am a model."
    And the model was asked exactly "Tell me what model you are"
    And no node received a job

  @REQ-ORCHES-0125
  Scenario: A failing call leads to one sandbox job that holds the prompt as data
    Given a node "alpha" whose model fails
    When the user creates a task with the prompt "$(touch pwned); touch p2"
    Then the task becomes "completed"
    And the node received one job that holds "$(touch pwned); touch p2" only as data

  @REQ-ORCHES-0125
  Scenario: When neither way leads to an answer the task fails with the reason
    Given a node "alpha" whose model fails
    And the node answers jobs with status "failed" and exit code "1"
    When the user creates a task with the prompt "anybody?"
    Then the task becomes "failed"
    And its summary names "no model answered"

  @REQ-ORCHES-0125
  Scenario: A prompt with U+0000 is refused
    When the user sends a prompt with U+0000
    Then the answer is 400 of kind "validation"
