package mcpmount

import (
	"maps"
	"slices"
)

// Clone returns a deep copy of d: editing one does not change the other. They
// share only what is immutable: each [Schema].
func (d *Document) Clone() *Document {
	c := *d
	c.Servers = cloneServers(d.Servers)
	c.SecuritySchemes = maps.Clone(d.SecuritySchemes)
	c.Hidden = slices.Clone(d.Hidden)
	c.Problems = slices.Clone(d.Problems)
	c.Operations = make([]Operation, len(d.Operations))
	for i := range d.Operations {
		c.Operations[i] = d.Operations[i].clone()
	}
	return &c
}

func (op Operation) clone() Operation {
	op.Tags = slices.Clone(op.Tags)
	op.Parameters = slices.Clone(op.Parameters)
	for i := range op.Parameters {
		op.Parameters[i].Example = slices.Clone(op.Parameters[i].Example)
	}
	op.Servers = cloneServers(op.Servers)
	if op.RequestBody = clonePointer(op.RequestBody); op.RequestBody != nil {
		op.RequestBody.Content = cloneContent(op.RequestBody.Content)
	}
	op.Responses = slices.Clone(op.Responses)
	for i := range op.Responses {
		op.Responses[i].Content = cloneContent(op.Responses[i].Content)
	}
	op.Security = slices.Clone(op.Security)
	for i := range op.Security {
		op.Security[i] = maps.Clone(op.Security[i])
		for name, scopes := range op.Security[i] {
			op.Security[i][name] = slices.Clone(scopes)
		}
	}
	if op.Annotations = clonePointer(op.Annotations); op.Annotations != nil {
		op.Annotations.DestructiveHint = clonePointer(op.Annotations.DestructiveHint)
		op.Annotations.OpenWorldHint = clonePointer(op.Annotations.OpenWorldHint)
	}
	op.Results = op.Results.clone()
	return op
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func cloneContent(content []MediaType) []MediaType {
	content = slices.Clone(content)
	for i := range content {
		content[i].Example = slices.Clone(content[i].Example)
		content[i].Encoding = maps.Clone(content[i].Encoding)
		for name, encoding := range content[i].Encoding {
			encoding.Headers = slices.Clone(encoding.Headers)
			content[i].Encoding[name] = encoding
		}
	}
	return content
}

func cloneServers(servers []ServerURL) []ServerURL {
	servers = slices.Clone(servers)
	for i := range servers {
		servers[i].Variables = maps.Clone(servers[i].Variables)
		servers[i].Enums = maps.Clone(servers[i].Enums)
		for name, values := range servers[i].Enums {
			servers[i].Enums[name] = slices.Clone(values)
		}
	}
	return servers
}
