# Shortcuts for those who have `just`; each is a cargo command of its own.

# List the recipes
default:
    @just --list

# Run the main job against the sandbox
run *options:
    cargo run --release -- run --users 200 --rate 10 {{options}}

# Install what tests need, then run every test
test:
    cargo xtask test

# Check layers, sizes, links and other house rules
tidy:
    cargo xtask tidy

# Everything that must pass before a change is merged
ci:
    cargo xtask ci

# Rebuild the sandbox's contracts
contracts:
    cd crates/swell-sandbox/contracts && npm ci --ignore-scripts && node build.mjs
