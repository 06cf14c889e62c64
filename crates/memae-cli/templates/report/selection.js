// What is chosen in the viewer.

class Selection {
  /** `subjects` and `methods` as the report describes them. Begins at threshold 1 on the subject's largest lesion slice. */
  constructor({ subjects, methods, first }) {
    Object.assign(this, { subjects, methods, subjectAt: 0, planeAt: 0, voxels: "all" });
    Object.assign(this, { base: "scan", opacity: 0, detections: true, outline: false });
    this.methodAt = Math.max(0, methods.findIndex(({ id }) => id === first));
    this.stop = this.marks[0];
    this.cross = this.subject.start;
  }

  get subject() {
    return this.subjects[this.subjectAt];
  }

  get method() {
    return this.methods[this.methodAt];
  }

  get plane() {
    return PLANES[this.planeAt];
  }

  /** Counts and colour scale of the subject under the method. */
  get result() {
    return this.subject.results[this.methodAt];
  }

  /** Stops of threshold 1 and 2. */
  get marks() {
    return this.method.marks[this.voxels === "brain" ? 1 : 0];
  }

  get threshold() {
    return this.method.stops[this.stop];
  }

  chooseSubject(at) {
    this.subjectAt = at;
    this.cross = this.subject.start;
  }

  chooseMethod(at) {
    this.#keepThreshold(() => (this.methodAt = at));
  }

  chooseVoxels(voxels) {
    this.#keepThreshold(() => (this.voxels = voxels));
  }

  /** Moves the crosshair along the axis of a plane, to a slice of the whole grid. */
  chooseSlice(plane, slice) {
    const { first, stride } = this.subject.crop;
    this.cross = this.cross.with(plane.through, (slice - first[plane.through]) / stride);
  }

  /** Threshold 1 stays threshold 1 of another method; any other threshold stays where it is. */
  #keepThreshold(change) {
    const [mark, threshold] = [this.marks.indexOf(this.stop), this.threshold];
    change();
    this.stop = mark >= 0 ? this.marks[mark] : nearestStop(this.method.stops, threshold);
  }
}
