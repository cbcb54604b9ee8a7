package gateway

import (
	"net/http"
	"strings"
)

// s3Table finds S3's operations. Nearly all of them share nine pairs of method and path; which one is meant is said by the
// key of a sub-resource in the query (?acl, ?uploads) or by a header. The table is made from the models' templates.
type s3Table struct {
	service *service
	groups  map[s3Group]map[string]*Endpoint // by sub-resource; under the empty key the plain operation
}

// s3Group is a method on the service itself, on a bucket or on an object.
type s3Group struct {
	method string
	level  s3Level
}

type s3Level uint8

const (
	s3Root s3Level = iota
	s3Bucket
	s3Object
)

// s3Selected are operations that the templates do not tell apart: a header or another query parameter does. They are in
// the table under the name that select looks for.
var s3Selected = map[string]string{
	"AbortMultipartUpload":                     "uploadId",
	"CompleteMultipartUpload":                  "uploadId",
	"ListParts":                                "uploadId",
	"UploadPart":                               "uploadId",
	"UploadPartCopy":                           "uploadId+copy",
	"CopyObject":                               "+copy",
	"ListObjectsV2":                            "list-type",
	"ListDirectoryBuckets":                     "+directory",
	"GetBucketAnalyticsConfiguration":          "analytics+id",
	"GetBucketIntelligentTieringConfiguration": "intelligent-tiering+id",
	"GetBucketInventoryConfiguration":          "inventory+id",
	"GetBucketMetricsConfiguration":            "metrics+id",
	"WriteGetObjectResponse":                   "+response",
	"GetBucketLifecycle":                       "lifecycle+old", // superseded by …Configuration, like the next three
	"PutBucketLifecycle":                       "lifecycle+old",
	"GetBucketNotification":                    "notification+old",
	"PutBucketNotification":                    "notification+old",
}

func newS3Table(s *service, endpoints []Endpoint) *s3Table {
	t := &s3Table{service: s, groups: map[s3Group]map[string]*Endpoint{}}
	for i := range endpoints {
		op := endpoints[i].Operation
		path, query, _ := strings.Cut(op.URI, "?")
		g := s3Group{op.Method, s3Root}
		switch {
		case strings.Contains(path, "{Key+}"):
			g.level = s3Object
		case strings.Contains(path, "{Bucket}"):
			g.level = s3Bucket
		}
		key, _, _ := strings.Cut(query, "&")
		key, _, _ = strings.Cut(key, "=")
		if selected, ok := s3Selected[op.Name]; ok {
			key = selected
		}
		if t.groups[g] == nil {
			t.groups[g] = map[string]*Endpoint{}
		}
		t.groups[g][key] = &endpoints[i]
	}
	return t
}

// routeS3 matches a request for S3, path style or virtual host.
func (r *Router) routeS3(in *Input) Target {
	bucket, _ := hostBucket(in.Host, in.Scope != "")
	t := Target{Protocol: ProtocolRESTXML, Model: r.s3.service.model, Bucket: bucket}
	if strings.HasPrefix(in.Path, "/v20180820/") && len(in.Header["X-Amz-Account-Id"]) > 0 {
		return t // S3 Control, which no model here describes
	}
	level := s3LevelOf(in.Path)
	if bucket != "" {
		level = s3Bucket
		if strings.Trim(in.Path, "/") != "" {
			level = s3Object
		}
	}
	if in.Method == http.MethodPost && level == s3Bucket && strings.EqualFold(contentType(in.Header), "multipart/form-data") {
		t.Name = "PostObject"
		return t
	}
	t.Endpoint = r.s3.find(in, level)
	if t.Endpoint != nil {
		t.Name = t.Endpoint.Operation.Name
	}
	return t
}

func s3LevelOf(path string) s3Level {
	bucket, key := cutSegment(strings.TrimPrefix(path, "/"))
	switch {
	case bucket == "":
		return s3Root
	case key == "" || key == "/":
		return s3Bucket
	}
	return s3Object
}

// find selects an operation within a group.
func (t *s3Table) find(in *Input, level s3Level) *Endpoint {
	if in.Method == http.MethodPost && in.Path == "/WriteGetObjectResponse" {
		return t.service.operations["WriteGetObjectResponse"]
	}
	group := t.groups[s3Group{in.Method, level}]
	copies := len(in.Header["X-Amz-Copy-Source"]) > 0 && in.Method == http.MethodPut
	for query := in.Query; query != ""; {
		var p string
		p, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(p, "=")
		e := group[key]
		switch {
		case key == "" || e == nil || key == "list-type" && value != "2":
			continue
		case key == "uploadId" && copies:
			return group["uploadId+copy"]
		}
		if hasPair(in.Query, "id", "") {
			if byID := group[key+"+id"]; byID != nil {
				return byID
			}
		}
		return e
	}
	switch {
	case copies && level == s3Object:
		return group["+copy"]
	case level == s3Root && (in.Scope == "s3express" || formValue(in.Query, "x-id") == "ListDirectoryBuckets"):
		return group["+directory"]
	}
	return group[""]
}
