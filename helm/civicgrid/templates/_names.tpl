{{- define "civicgrid.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* 50 characters leave room for "-migrate" and for the hash Kubernetes adds to the names of pods. */}}
{{- define "civicgrid.fullname" -}}
{{- $name := include "civicgrid.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects a component's pods; these labels can never change. Takes (dict "root" $ "component" "web"). */}}
{{- define "civicgrid.selector" -}}
app.kubernetes.io/name: {{ include "civicgrid.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "civicgrid.labels" -}}
{{ include "civicgrid.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: civicgrid
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- end -}}

{{- define "civicgrid.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "civicgrid.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "civicgrid.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The migrate job runs before the release's own account exists, so a created account has a twin among the hooks. */}}
{{- define "civicgrid.migrateServiceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- printf "%s-migrate" (include "civicgrid.fullname" .) -}}
{{- else -}}
{{- include "civicgrid.serviceAccount" . -}}
{{- end -}}
{{- end -}}
