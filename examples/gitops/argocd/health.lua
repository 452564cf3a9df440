-- The health of an ImageBuild for Argo CD, by the conditions of kstatus.
-- In argocd-cm:  resource.customizations.health.slipway.dev_ImageBuild: |  (and this file)
local health = {status = "Progressing", message = "waiting for the operator"}
if obj.spec ~= nil and obj.spec.suspend == true and obj.status ~= nil and obj.status.reason == "Suspended" then
  health.status = "Suspended"
  health.message = "spec.suspend holds back a build"
  return health
end
if obj.status == nil or obj.status.conditions == nil then
  return health
end
-- What the status says of an older spec says nothing of this one.
if obj.status.observedGeneration ~= obj.metadata.generation then
  health.message = "waiting for the operator to see the latest spec"
  return health
end
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Stalled" and condition.status == "True" then
    health.status = "Degraded"
    health.message = condition.message
    return health
  end
end
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Reconciling" and condition.status == "True" then
    health.status = "Progressing"
    health.message = condition.message
    return health
  end
end
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Ready" then
    health.message = condition.message
    if condition.status == "True" then
      health.status = "Healthy"
    elseif condition.status == "False" then
      health.status = "Degraded"
    end
    return health
  end
end
return health
