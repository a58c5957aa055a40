@suite_e2e
Feature: Prompts are answered by whatever model there is, and by name

  Background:
    Given the whole stack is running

  @REQ-ORCHES-0125 @REQ-ORCHES-0127
  Scenario: Without any model the demo model answers, and says that it is one
    Given inference is "auto"
    When I run cynode with "run 'Which model are you, and what is 17*23?'"
    Then cynode exits with 0
    And standard output holds "391"
    And standard output holds "cynode-demo"
    And standard error holds "answered by cynode-demo, a rule-based stand-in, not a neural network"
    And the status names the model "cynode-demo:latest" of the kind "demo"

  Scenario: Programs are told that it was the demo model
    Given inference is "auto"
    When I run cynode with "run --output json 'What is 6*7?'"
    Then cynode exits with 0
    And the JSON value has "model" "cynode-demo:latest" and "stdout" "6*7 = 42"
    And the JSON value says that it was the demo model

  Scenario: cynork tells the same
    Given inference is "auto"
    And I am logged in with cynork
    When I run cynork with "task create --prompt 'What is 6*7?' --result"
    Then cynork exits with 0
    And standard output holds "42"
    And standard error holds "answered by cynode-demo"
    When I run cynork with "task create --prompt 'What is 6*7?' --result -o json"
    Then the result's job names the model "cynode-demo:latest"

  @REQ-ORCHES-0125
  Scenario: A prompt is never run by a shell
    Given inference is "auto"
    When I run cynode with "run '$(touch pwned); `id` && exit 7'"
    Then cynode exits with 0
    And standard error holds "answered by cynode-demo"

  Scenario: A job reaches the model from inside its sandbox
    Given inference is "auto"
    When I run cynode with "run --use-inference --commands 'curl -s $OLLAMA_BASE_URL/api/version'"
    Then cynode exits with 0
    And standard output holds "version"
    And standard error holds "the model of this job was cynode-demo"

  Scenario: A model service that is named is used instead, without a further word
    Given a model service that answers "from afar" and holds "qwen3.5:0.8b"
    When I run cynode with "run 'Are you there?'"
    Then cynode exits with 0
    And standard output holds "from afar"
    And standard error holds "a real model was found"
    And standard error does not hold "answered by cynode-demo"
    And the service was asked "Are you there?"
    And the status names the model "qwen3.5:0.8b" of the kind "ollama"

  @REQ-ORCHES-0125
  Scenario: A model that dies in the middle of its answer is asked once more, from inside a sandbox
    Given a model service that fails once, then answers "from inside" and holds "qwen3.5:0.8b"
    When I run cynode with "run '$(touch pwned); Are you there?'"
    Then cynode exits with 0
    And standard output holds "from inside"
    And the service was asked "$(touch pwned); Are you there?" twice

  @REQ-ORCHES-0119 @REQ-BOOTST-0002
  Scenario: Readiness walks through its reasons as a model comes and goes
    Given a model service that answers "fetched" and fetches "qwen3.5:0.8b" when somebody agrees
    When I start cynode with "run 'Are you there?'"
    Then readiness gives the reason "pm_model_not_selected" with "download_not_approved"
    And the status shows the words of readiness
    When somebody says "model pull --yes", and the service fetches its model
    Then cynode ends with 0
    And standard output holds "fetched"
    And the orchestrator is ready
    When the service is stopped
    Then the orchestrator is not ready, and says how to mend it
    And commands are run all the same

  @REQ-ORCHES-0119
  Scenario: Switched off, prompts are refused at once with the way to switch it on
    Given inference is "none"
    When I run cynode with "run 'Are you there?'"
    Then cynode exits with 125
    And standard error holds "inference is switched off here"
    And standard error holds "--inference auto"
    And nothing is queued
    And readiness gives the reason "no_inference_path" with ""
    And commands are run all the same

  Scenario: A service that is named and comes later is waited for, and used without a restart
    Given a model service that answers "late but here" and comes later
    When I start cynode with "run 'Are you there?'"
    Then readiness gives the reason "model_service_down" with "does not answer"
    And the status shows the words of readiness
    When the service comes
    Then cynode ends with 0
    And standard output holds "late but here"
    And standard error does not hold "answered by cynode-demo"

  Scenario: Ollama that is demanded is never replaced by the demo model
    Given inference is "none"
    When I run cynode with "run --inference ollama 'Are you there?'"
    Then cynode exits with 125
    And standard error holds "OLLAMA_BASE_URL"
    And standard error does not hold "cynode-demo"
