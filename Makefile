# Slipway. `make help` lists what there is.

SHELL    := /bin/sh
# The formatter and the CRD generator run inside Maven's own JVM, so Maven gets the JDK 25 that the
# launcher finds, whatever `java` on PATH is.
MVN       = JAVA_HOME="$$(./slipway --java-home)" mvn -B -ntp
PACKAGES := apache2-utils busybox-static debootstrap docker-registry git libisal2 lua5.4 openssh-server skopeo uidmap umoci util-linux xz-utils
# A real Kubernetes, beside the programs that e2e/kubernetes/build makes.
PACKAGES += containernetworking-plugins gcc iproute2 iptables libc6-dev libseccomp-dev openssl pkg-config

# What e2e/kubernetes/build makes for the tests on a real one.
KUBERNETES := 1.35 1.36 etcd helm node

# What the conformance goldens are captured with.
TOOLS     = $(HOME)/.cache/slipway/tools/bin
BUILDKIT := v0.34.2

# What the benchmark measures beside it: the maintained fork.
KANIKO   := github.com/osscontainertools/kaniko@v1.28.3

.DEFAULT_GOAL := help
# Every target is a command: none is a file.
.PHONY: $(shell sed -n "s/^\([a-z][a-z-]*\):.*/\1/p" Makefile)

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## An embedded cluster, one ImageBuild, and the proof; nothing else is needed
	@./slipway demo

build: jdk ## Compile and package everything, no tests
	@$(MVN) -q package -Dmaven.test.skip=true

test: jdk packages uncounted ## All tests on real components; ends with the count
	@$(MVN) verify; result=$$?; .ci/count || result=1; exit $$result

it: jdk packages uncounted ## Only the end-to-end tests
	@$(MVN) -pl e2e -am verify -Dtest='dev.slipway.e2e.**' -Dsurefire.failIfNoSpecifiedTests=false; \
	result=$$?; .ci/count || result=1; exit $$result

test-cluster: jdk packages uncounted ## The tests on a real Kubernetes, built once from source (root)
	@e2e/kubernetes/build $(KUBERNETES) >/dev/null
	@$(MVN) -pl e2e -am verify -Dgroups=cluster -DexcludedGroups=; result=$$?; .ci/count || result=1; exit $$result

ci-cluster: # After test: on a real Kubernetes too, where its programs can be had; one count for both
	@e2e/kubernetes/build $(KUBERNETES) >/dev/null; case $$? in \
	  0) $(MAKE) --no-print-directory COUNT=both test-cluster ;; \
	  3) echo "Not tested on a real Kubernetes, see above."; .ci/count ;; \
	  *) exit 1 ;; \
	esac

bench-operator: build packages ## 10,000 ImageBuilds on a real API server; writes docs/benchmarks-operator.md
	@e2e/kubernetes/build 1.36 etcd >/dev/null
	@$(MVN) -q -pl e2e -am test -Dtest=OperatorBenchTest -Dsurefire.failIfNoSpecifiedTests=false -Dgroups=bench -DexcludedGroups= $(ARGS)

cluster: jdk packages ## A real Kubernetes on this machine (root); prints the KUBECONFIG line
	@./slipway cluster start

cluster-stop: jdk ## Take it away, without a trace
	@./slipway cluster stop

conformance: jdk packages ## The conformance suite alone; writes the scoreboard of docs/conformance.md
	@$(MVN) -q -pl e2e -am test -Dtest='ConformanceTest' -Dsurefire.failIfNoSpecifiedTests=false -Dconformance.write=true $(ARGS)

conformance-capture: jdk packages # The goldens anew, from BuildKit and buildah; needs root
	@$(MVN) -q -pl e2e -am test -Dtest='CaptureTest' -Dsurefire.failIfNoSpecifiedTests=false -Dconformance.buildkit=$(TOOLS) $(ARGS)

conformance-tools: # buildkitd and buildctl, for conformance-capture
	@mkdir -p $(TOOLS)
	@cd "$$(go mod download -json github.com/moby/buildkit@$(BUILDKIT) | sed -n 's/^.*"Dir": "\(.*\)".*$$/\1/p')" && \
	go build -ldflags '-s -w -X github.com/moby/buildkit/version.Version=$(BUILDKIT)' -o $(TOOLS)/ ./cmd/buildkitd ./cmd/buildctl

bench: jdk packages ## Slipway and its peers, measured; writes docs/benchmarks.md (ARGS="--help" for less than all)
	@./slipway bench --write=docs/benchmarks.md $(ARGS)

bench-tools: conformance-tools # The peers that bench knows and can be had: buildkitd, kaniko, buildah, docker, with the pigz of their images
	@sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	$$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends buildah docker.io pigz runc || \
	  echo "buildah and docker.io are not to be had here; bench will name them as missing"
	@dir="$$(go mod download -json $(KANIKO) | sed -n 's/^.*"Dir": "\(.*\)".*$$/\1/p')"; \
	if [ -z "$$dir" ]; then echo "$(KANIKO) is not to be had here; bench will name kaniko as missing"; exit 0; fi; \
	cd "$$dir" && CGO_ENABLED=0 go build -o $(TOOLS)/kaniko \
	  -ldflags '-s -w -X github.com/osscontainertools/kaniko/pkg/version.version=$(lastword $(subst @, ,$(KANIKO)))' ./cmd/executor

generate: jdk ## Regenerate the CustomResourceDefinitions and the reference
	@$(MVN) -q -pl crds -am test -Dtest=CustomResourceDefinitionTest,ReferenceTest -Dsurefire.failIfNoSpecifiedTests=false -Dslipway.generate=true

manifests: jdk ## Regenerate what follows from the chart: deploy/, golden files, its copy of the definitions
	@$(MVN) -q -pl e2e -am test -Dtest=ChartTest -Dsurefire.failIfNoSpecifiedTests=false -Dslipway.generate=true

image: build packages ## The image of operator and builder, built by Slipway itself (REGISTRY=host:port)
	@image/build $(REGISTRY)

fmt: jdk ## Format all sources
	@$(MVN) -q spotless:apply

uncounted: # What an earlier run reported
	@[ '$(COUNT)' = both ] || rm -rf */target/surefire-reports

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
	$$sudo env DEBIAN_FRONTEND=noninteractive sh -c "apt-get -q -o DPkg::Lock::Timeout=300 update >/dev/null && apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends $$missing >/dev/null"

clean: ## Remove what was built
	@rm -rf target */target
