# Slipway. `make help` lists what there is.

SHELL    := /bin/sh
# The formatter and the CRD generator run inside Maven's own JVM, so Maven gets the JDK 25 that the
# launcher finds, whatever `java` on PATH is.
MVN       = JAVA_HOME="$$(./slipway --java-home)" mvn -B -ntp
PACKAGES := apache2-utils debootstrap docker-registry git skopeo uidmap umoci util-linux

.DEFAULT_GOAL := help
.PHONY: help demo build test it generate fmt jdk packages clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## An embedded cluster, one ImageBuild, and the proof; nothing else is needed
	@./slipway demo

build: jdk ## Compile and package everything, no tests
	@$(MVN) -q package -Dmaven.test.skip=true

test: jdk packages ## All tests on real components; ends with the count
	@rm -rf */target/surefire-reports
	@$(MVN) verify; result=$$?; .ci/count || result=1; exit $$result

it: jdk packages ## Only the end-to-end tests
	@rm -rf */target/surefire-reports
	@$(MVN) -pl e2e -am verify -Dtest='dev.slipway.e2e.**' -Dsurefire.failIfNoSpecifiedTests=false; \
	result=$$?; .ci/count || result=1; exit $$result

generate: jdk ## Regenerate the CustomResourceDefinitions and the reference
	@$(MVN) -q -pl crds -am test -Dtest=CustomResourceDefinitionTest -Dsurefire.failIfNoSpecifiedTests=false -Dslipway.generate=true

fmt: jdk ## Format all sources
	@$(MVN) -q spotless:apply

jdk: # Says in one line what to install where there is none
	@./slipway --java-home >/dev/null

packages: # What the tests run against: a real registry, real OCI tools, a real Debian base
	@missing=; for p in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	  echo "make test needs:$$missing (this is not Debian: install them yourself; tests that miss one are skipped)"; \
	  exit 0; \
	fi; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	echo "Installing Debian packages that tests need:$$missing"; \
	$$sudo env DEBIAN_FRONTEND=noninteractive sh -c "apt-get -q update >/dev/null && apt-get -q install -y --no-install-recommends $$missing >/dev/null"

clean: ## Remove what was built
	@rm -rf target */target
