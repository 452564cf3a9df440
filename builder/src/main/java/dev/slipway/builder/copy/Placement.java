package dev.slipway.builder.copy;

record Placement(Selection selection, Lookup destination, Accounts accounts) {
  CopyPlan plan() {
    return Pending.yet();
  }
}
