# make demo        everything on this machine, with virtual cards
# make demo-peers  the same with service providers of other makers: Shibboleth SP, mod_auth_mellon
# make test        every test, on real parts
# make test-failover  only the relay on a database that fails over; two minutes
# make bench       how fast, beside the physical limit
# make lint        formatting, lints, licences, spelling, unused dependencies

BUILD_PACKAGES := build-essential pkg-config libssl-dev libpcsclite-dev \
	libxml2-dev libxslt1-dev libxmlsec1-dev libxmlsec1-openssl libltdl-dev clang libclang-dev
PEER_PACKAGES := apache2-bin curl libapache2-mod-auth-mellon libapache2-mod-shib media-types openssl
CLUSTER_PACKAGES := curl etcd-server haproxy patroni postgresql procps util-linux
TEST_PACKAGES := $(PEER_PACKAGES) $(CLUSTER_PACKAGES) chromium chromium-driver fonts-noto-cjk iproute2 \
	libnss3-tools mariadb-server opensc pcscd poppler-utils python3-venv softhsm2 vsmartcard-vpcd xmlsec1 yubico-piv-tool
DEMO_PACKAGES := fonts-noto-cjk libnss3-tools

FAILOVER := ./tests/failover/with-cluster.sh cargo test --workspace --all-features --locked \
	--test failover -- --ignored --nocapture

.PHONY: demo demo-peers test test-failover bench lint build-packages test-packages

demo: build-packages
	@./packages.sh $(DEMO_PACKAGES)
	cargo build --release --locked
	./target/release/warifu demo

demo-peers: build-packages
	@./packages.sh $(DEMO_PACKAGES) $(PEER_PACKAGES)
	cargo build --release --locked
	./tests/peers/demo.sh ./target/release/warifu

test: build-packages test-packages
	./tests/with-postgres.sh ./tests/with-mariadb.sh ./tests/with-pkilint.sh cargo test --workspace --all-features --locked
	$(FAILOVER)
	./tests/fuzz.sh

test-failover: build-packages
	@./packages.sh $(CLUSTER_PACKAGES)
	$(FAILOVER)

bench: build-packages test-packages
	cargo build --release --locked
	./target/release/warifu bench
	cargo test --release --locked -p warifu-saml --test allocations -- --nocapture

lint: build-packages
	@./tests/lint-tools.sh
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
	./tests/deny.sh
	typos
	cargo machete

build-packages:
	@./packages.sh $(BUILD_PACKAGES)

test-packages:
	@./packages.sh $(TEST_PACKAGES)
