@suite_orchestrator
Feature: Operators configure the system, also while it is not ready

  Background:
    Given a running orchestrator on an empty database
    And a signed-in user

  @REQ-CLIENT-0160 @REQ-MODELS-0007
  Scenario: The model that an operator names is the one that is loaded
    When the user sets "agents.project_manager.model.local_default_ollama_model" to "llama3:8b"
    Then the setting has version 1
    Given nodes may download models unasked
    And a node "alpha" whose models take their time
    Then the node "alpha" is asked for the model "llama3:8b" and no other
    When the models of "alpha" are there
    Then the orchestrator becomes ready

  Scenario: A change that was meant for another version is refused
    When the user sets "custom.colour" to "red"
    And the user sets "custom.colour" to "green"
    Then the setting has version 2
    When the user sets version 1 of "custom.colour" to "blue"
    Then the answer is 409 of kind "conflict"

  Scenario Outline: What a known setting must be is said
    When the user sets "<key>" to "<value>"
    Then the answer is 400 of kind "validation"
    And the answer says "<words>"

    Examples:
      | key                                                             | value     | words                     |
      | agents.project_manager.model.selection.execution_mode           | sometimes | must be one of: auto      |
      | agents.project_manager.model.selection.prefer_orchestrator_host | yes       | must be true or false     |
      | models.load_timeout_seconds                                     | soon      | must be a whole number    |
      | provider.api_key                                                | canary    | settings hold no secrets  |
