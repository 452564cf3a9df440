{{- define "slipway.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "slipway.name" -}}
{{ .Release.Name }}-operator
{{- end -}}

{{- define "slipway.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "slipway.name" .) }}
{{- end -}}

{{- define "slipway.selector" -}}
app.kubernetes.io/name: slipway
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "slipway.common" -}}
app.kubernetes.io/part-of: slipway
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "slipway.labels" -}}
{{ include "slipway.selector" . }}
{{ include "slipway.common" . }}
{{- end -}}

{{- /* The labels of anything that is not the operator itself: (list . "component"). */ -}}
{{- define "slipway.labelsOf" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: slipway
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{ include "slipway.common" $root }}
{{- end -}}

{{- define "slipway.seccompProfile" -}}
{{ .Values.seccomp.profile | default (ternary "slipway/builder.json" "" .Values.seccomp.install) }}
{{- end -}}

{{- /* What the operator may do to ImageBuilds and their pods, in the namespaces that it watches. */ -}}
{{- define "slipway.rules" -}}
- apiGroups: [slipway.dev]
  resources: [imagebuilds]
  verbs: [get, list, watch]
- apiGroups: [slipway.dev]
  resources: [imagebuilds/status]
  verbs: [update]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, create, delete]
- apiGroups: [""]
  resources: [pods/log]
  verbs: [get]
- apiGroups: [""]
  resources: [events]
  verbs: [get, list, create, patch]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, update, delete]
{{- end -}}
